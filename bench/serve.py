#!/usr/bin/env python3
"""Requests a second of `earshot serve` and how long they take, beside `extract`, itself without batches, and a Python service.

A case's load is 16 clients, each of which sends its next recording when it has the answer to its last (build/bench/load);
recordings are `earshot synth`'s, of 10 s or, in "-one" cases, of one patch. `extract` as a peer is the share of its
recordings a second that is left over HTTP. The Python service is FastAPI, librosa and ONNX Runtime on uvicorn
(peer_service.py), with the same weights, and its features are held to earshot's before it is timed. The "-latency" cases
measure the time of requests one at a time, and then the 99th percentile at half the rate that the closed loop reached, evenly
spaced ("even") and as a Poisson process ("poisson"), both in multiples of the single request's median.
"""

import atexit
import io
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

import rounds

CLIENTS = 16
LEAST_COSINE = 0.9999
LATENCY_REQUESTS = int(os.environ.get("LATENCY_REQUESTS", "1000"))  # of each arrival process in each round
FEATURES = "/v1/features?format=npy"


# --------------------------------------------------------------------------------------------- recordings


def recordings(job):
    folder = pathlib.Path(job["folder"]) / f"corpus-{job['length_s']}"
    return sorted(str(path) for path in folder.rglob("*.wav"))[:job["count"]]


def prepare(job):
    if not recordings(job):
        subprocess.run([f"{job['build']}/earshot", "synth", f"{job['folder']}/corpus-{job['length_s']}", "--seconds",
                        str(job["length_s"]), "--normal", "12", "--abnormal", "0", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)


# ------------------------------------------------------------------------------------------------- servers


class Served:
    """A server that stays loaded until this process ends."""

    def __init__(self, command, log, environment=None):
        self.log = pathlib.Path(log)
        with open(log, "w") as stream:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=stream, env=environment)
        atexit.register(self.stop)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def wait_for(self, is_ready):
        while not (found := is_ready()):
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode}: {self.log.read_text()[-300:]}")
            time.sleep(0.05)
        return found


def earshot_server(job, *options):
    """Its port, once it is ready."""
    served = Served([f"{job['build']}/earshot", "serve", "--network", job["network"], "--weights", "seeded:1", "--backend", "cpu",
                     "--threads", job["threads"], "--port", "0", "--log", "none", *options],
                    f"{job['folder']}/{job['case']}-serve{''.join(options)}.log")
    return served.wait_for(lambda: (found := re.search(r"http://[0-9.]+:(\d+)", served.log.read_text())) and found[1])


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def ask(port, path, file):
    """The features of one recording."""
    import numpy

    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", pathlib.Path(file).read_bytes(),
                                     {"Content-Type": "audio/wav"})
    with urllib.request.urlopen(request) as answer:
        return numpy.load(io.BytesIO(answer.read()))


def load(job, port, path=FEATURES, *options):
    """One run of the load client; a request that fails ends all."""
    command = [f"{job['build']}/bench/load", "--json", "--port", port, "--path", path, "--files", ",".join(recordings(job)),
               *options]
    found, _ = rounds.run_program(command)
    if found["failed"] or not found["requests"]:
        raise SystemExit(f"{found['failed']} requests failed, {found['requests']} were answered")
    return found


def closed_loop(job, port, request, path=FEATURES):
    return load(job, port, path, "--clients", CLIENTS, "--seconds", request["seconds"])["requests_per_second"]


# --------------------------------------------------------------------------------------------------- peers


def unbatched_peer(job):
    port = earshot_server(job, "--max-batch", "1")
    closed_loop(job, port, {"seconds": 1})
    return lambda request: {"requests": closed_loop(job, port, request)}, "--max-batch 1"


def extract_peer(job):
    paths = recordings(job)

    def measure(_):
        found, _ = rounds.run_program([
            f"{job['build']}/earshot", "extract", *paths, "-o", f"{job['folder']}/{job['case']}-extract.h5",
            "--overwrite", "--quiet", "--json", "--backend", "cpu", "--network", job["network"], "--weights", "seeded:1",
            "--threads", job["threads"]])
        return {"requests": found["recordings_per_second"]}

    return measure, f"{len(paths)} recordings, from the first read to the rename"


def fastapi_peer(job):
    port = free_port()
    environment = dict(os.environ, NETWORK=job["network"], THREADS=str(job["threads"]), FOLDER=job["folder"])
    served = Served([sys.executable, pathlib.Path(__file__).parent / "peer_service.py", port],
                    f"{job['folder']}/{job['case']}-fastapi.log", environment)
    served.wait_for(lambda: answers(port))
    note = f"least cosine {least_cosine(job, port):.7f}"
    closed_loop(job, port, {"seconds": 1}, "/features")
    return lambda request: {"requests": closed_loop(job, port, request, "/features")}, note


def least_cosine(job, port):
    """Of the patches of a recording, to those of an earshot of its own."""
    import numpy

    file = recordings(job)[0]
    ours, theirs = ask(earshot_server(job), FEATURES, file), ask(port, "/features", file)
    if ours.shape != theirs.shape:
        raise SystemExit(f"it has {theirs.shape} features, earshot {ours.shape}")
    lengths = numpy.linalg.norm(ours, axis=1) * numpy.linalg.norm(theirs, axis=1)
    cosine = float(((ours * theirs).sum(axis=1) / lengths).min())
    if not cosine >= LEAST_COSINE:
        raise SystemExit(f"features differ: a patch's cosine is {cosine:.6f}, {LEAST_COSINE} is asked")
    return cosine


EXTRACT, UNBATCHED, FASTAPI = "earshot extract", "earshot, no batching", "FastAPI + ONNX Runtime"
PEERS = {EXTRACT: extract_peer, UNBATCHED: unbatched_peer, FASTAPI: fastapi_peer}
CASES = {
    "resnet18": {"network": "resnet18", "length_s": 10, "count": 16, "peers": [EXTRACT, FASTAPI]},
    "resnet34": {"network": "resnet34", "length_s": 10, "count": 16, "peers": [EXTRACT, UNBATCHED]},
    "squeezenet1_1": {"network": "squeezenet1_1", "length_s": 10, "count": 40, "peers": [EXTRACT]},
    "resnet34-one": {"network": "resnet34", "length_s": 1.1, "count": 16, "peers": [UNBATCHED]},
    "resnet18-latency": {"network": "resnet18", "length_s": 10, "count": 16, "peers": [], "is_latency": True},
}

# ---------------------------------------------------------------------------------------------------- ours

ports = {}  # case → of the server that is loaded


def our_port(job):
    if job["case"] not in ports:
        ports[job["case"]] = earshot_server(job)
        closed_loop(job, ports[job["case"]], {"seconds": 1})
    return ports[job["case"]]


def measure_latency(job, port, request):
    single = load(job, port, FEATURES, "--clients", 1, "--seconds", request["seconds"])
    rate = closed_loop(job, port, request) / 2
    found = {arrivals: load(job, port, FEATURES, "--clients", 256, "--rate", rate, "--arrivals", arrivals, "--requests",
                            LATENCY_REQUESTS, "--seed", request["round"]) for arrivals in ("even", "poisson")}
    return ({arrivals: figures["p99_ms"] / single["p50_ms"] for arrivals, figures in found.items()},
            {"single_ms": round(single["p50_ms"], 2), "rate": round(rate, 2), "requests": LATENCY_REQUESTS})


def ours(job, request):
    port = our_port(job)
    if job.get("is_latency"):
        return measure_latency(job, port, request)
    return {"requests": closed_loop(job, port, request)}, {"clients": CLIENTS}


if __name__ == "__main__":
    rounds.run(rounds.Question("serve", __doc__, {"requests": "requests/s", "even": "× single", "poisson": "× single"}, CASES,
                               PEERS, ours, prepare, ["fastapi", "uvicorn", "librosa", "onnxruntime", "numpy"]))
