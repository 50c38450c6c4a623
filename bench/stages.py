#!/usr/bin/env python3
"""Milliseconds of each stage of the line for one recording of 10 s, beside the stages of the Python script.

earshot's are the medians of `build/bench/stages`, without reading and writing. The script's (script.py) are means over
eight recordings; its picture is what matplotlib's colours, torch's resize and the normalisation take.
"""

import line
import rounds

COUNT = 8
COMPARED = ["logmel", "picture", "net"]


def script_peer(engine):
    def build(job):
        from script import Script

        script, paths = Script(job["network"], engine, job["threads"], job["folder"]), line.recordings(job)
        output = f"{job['folder']}/script-{engine.split()[0]}.h5"
        script.run(paths[:1], output)

        def measure(_):
            seconds = script.run(paths, output)
            return {stage: 1e3 * seconds[stage] / len(paths) for stage in COMPARED}

        return measure, ""

    return build


def ours(job, request):
    found, _ = rounds.run_program(rounds.program(job, "stages", "--network", job["network"], "--seconds",
                                                 request["seconds"]))
    all_cores = found["all_cores"]
    return {stage: all_cores[f"{stage}_ms"] for stage in COMPARED}, {
        "instructions": found["device"], "one_core_ms": {stage: found["one_core"][f"{stage}_ms"] for stage in COMPARED}}


PEERS = {f"librosa + {engine}": script_peer(engine) for engine in ("PyTorch", "ONNX Runtime")}
CASES = {network: {"network": network, "count": COUNT} for network in ("resnet18", "squeezenet1_1")}

if __name__ == "__main__":
    rounds.run(rounds.Question("stages", __doc__, dict.fromkeys(COMPARED, "ms"), CASES, PEERS, ours, line.prepare,
                               ["librosa", "torch", "onnxruntime", "matplotlib"]))
