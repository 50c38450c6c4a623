#!/usr/bin/env python3
"""Recordings a second from wav files to a feature file: `earshot extract` beside a straightforward Python script.

The script is librosa + torch + h5py (script.py), and the same with ONNX Runtime; both with the weights `seeded:1`.
Starting up is timed for neither: earshot's own clock runs from the first read to the rename, the script has seen one
recording before. Recordings are `earshot synth`'s, 10 s of 16 kHz; "-real" cases take DCASE's where they are. Before
anything is timed, the script's features are held to earshot's: the cosine of every patch is at least 0.9999.
Each round is a new process of earshot, whose first touch of its memory is timed (a virtual machine may take a second for
ResNet34's); the script has that behind it, and takes each recording by itself. So earshot gets a hundred recordings, as a
part of a corpus is, and the script the first of them.
"""

import os
import pathlib
import subprocess

import rounds

LEAST_COSINE = 0.9999
SCRIPT = 24  # recordings that a script takes in a round
REAL = pathlib.Path(os.environ.get("EARSHOT_SHARED", rounds.ROOT.parent / "shared")) / "data/dcase2020/slider/train"


def recordings(job, count=None):
    """The case's files, in the order of their paths; or the first `count`."""
    folder = pathlib.Path(job.get("recordings") or f"{job['folder']}/corpus")
    return sorted(str(path) for path in folder.rglob("*.wav"))[:count or job["count"]]


# ------------------------------------------------------------------------------------------------- peers


def read_earshot(path):
    """Raw features by recording: what `extract` standardised is undone."""
    import h5py

    found = {}
    with h5py.File(path) as file:
        table = {name: file[f"recordings/{name}"][:] for name in ("first_patch", "n_patches")}
        texts = {name: file[f"recordings/{name}"].asstr()[:] for name in ("path", "machine", "id", "snr")}
        for i, name in enumerate(texts["path"]):
            levels = [texts[level][i] for level in ("machine", "id", "snr") if texts[level][i]]
            group = file["standardization/" + ("/".join(levels) or "all")]
            first = table["first_patch"][i]
            rows = file["features"][first:first + table["n_patches"][i]]
            found[pathlib.Path(name).resolve()] = rows * group["scale"][:] + group["mean"][:]
    return found


def least_cosine(job, output):
    import h5py
    import numpy

    ours = read_earshot(features_file(job))
    ours = numpy.concatenate([ours[pathlib.Path(path).resolve()] for path in recordings(job, SCRIPT)])
    with h5py.File(output) as file:
        theirs = file["raw"][:]
    if ours.shape != theirs.shape:
        raise SystemExit(f"the script has {theirs.shape} features, earshot {ours.shape}")
    lengths = numpy.linalg.norm(ours, axis=1) * numpy.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / lengths).min())


def script_peer(engine):
    def build(job):
        from script import Script

        script, paths = Script(job["network"], engine, job["threads"], job["folder"]), recordings(job, SCRIPT)
        output = f"{job['folder']}/script-{engine.split()[0]}.h5"
        script.run(paths, output)
        cosine = least_cosine(job, output)
        if not cosine >= LEAST_COSINE:
            raise SystemExit(f"features differ: a patch's cosine is {cosine:.6f}, {LEAST_COSINE} is asked")

        def measure(_):
            return {"line": len(paths) / script.run(paths, output)["all"]}

        return measure, f"least cosine {cosine:.7f}"

    return build


PEERS = {f"librosa + {engine}": script_peer(engine) for engine in ("PyTorch", "ONNX Runtime")}
CASES = {
    "resnet34": {"network": "resnet34", "count": 128},
    "resnet18": {"network": "resnet18", "count": 128},
    "squeezenet1_1": {"network": "squeezenet1_1", "count": 128},
}
if REAL.is_dir():
    CASES["squeezenet1_1-real"] = {"network": "squeezenet1_1", "count": 128, "recordings": str(REAL)}


# -------------------------------------------------------------------------------------------------- ours


def features_file(job):
    return f"{job['folder']}/{job['case']}.h5"


def extract(job):
    return rounds.run_program([
        f"{job['build']}/earshot", "extract", *recordings(job), "-o", features_file(job), "--overwrite", "--quiet",
        "--json", "--backend", "cpu", "--network", job["network"], "--weights", "seeded:1", "--threads",
        job["threads"]])


def prepare(job):
    if "recordings" not in job and len(recordings(job)) < job["count"]:
        subprocess.run([f"{job['build']}/earshot", "synth", f"{job['folder']}/corpus", "--normal", "32", "--abnormal",
                        "0", "--quiet", "--overwrite"], check=True, stdout=subprocess.DEVNULL)
    extract(job)


def ours(job, request):
    found, megabytes = extract(job)
    return {"line": found["recordings_per_second"]}, {
        "instructions": found["device"], "recordings": found["recordings"], "peak_megabytes": round(megabytes),
        "seconds_with_start": round(found["seconds"], 2)}


if __name__ == "__main__":
    rounds.run(rounds.Question("line", __doc__, {"line": "recordings/s"}, CASES, PEERS, ours, prepare,
                               ["librosa", "torch", "torchvision", "onnxruntime", "h5py", "scikit-learn", "numpy"]))
