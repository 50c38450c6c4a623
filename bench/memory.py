#!/usr/bin/env python3
"""Megabytes of memory that `earshot extract` holds at its peak, for each network; and whether they grow with the corpus.

24 recordings of 10 s; "growth" cases are 50 and 2,000 recordings of 1.1 s through SqueezeNet. No peers.
"""

import pathlib
import subprocess

import rounds


def corpus(job):
    return pathlib.Path(job["folder"]) / f"{job['seconds']}-{job['normal']}"


def prepare(job):
    if not corpus(job).exists():
        subprocess.run([f"{job['build']}/earshot", "synth", corpus(job), "--normal", str(job["normal"]), "--abnormal",
                        "0", "--seconds", str(job["seconds"]), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def has_option(job, option):
    told = subprocess.run([f"{job['build']}/earshot", "extract", "--help"], capture_output=True, text=True)
    return option in told.stdout


def ours(job, request):
    options = job.get("options", [])
    if options and not has_option(job, options[0]):
        return {}, {}
    paths = sorted(corpus(job).rglob("*.wav"))
    listed = pathlib.Path(job["folder"]) / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in paths[::len(paths) // job["count"]][:job["count"]]))
    found, megabytes = rounds.run_program([
        f"{job['build']}/earshot", "extract", "--list", listed, "-o", f"{job['folder']}/features.h5", "--overwrite",
        "--quiet", "--json", "--backend", "cpu", "--network", job["network"], "--weights", "seeded:1", "--threads",
        job["threads"], *options])
    return {"peak": megabytes}, {"instructions": found["device"], "recordings": found["recordings"]}


LONG = {"seconds": 10, "normal": 6, "count": 24}
SHORT = {"seconds": 1.1, "normal": 500, "network": "squeezenet1_1"}
CASES = {
    **{name: {**LONG, "network": name} for name in ("alexnet", "resnet18", "resnet34", "squeezenet1_0",
                                                    "squeezenet1_1")},
    "resnet34-direct": {**LONG, "network": "resnet34", "options": ["--conv", "direct"]},
    "growth-50": {**SHORT, "count": 50},
    "growth-2000": {**SHORT, "count": 2000},
}

if __name__ == "__main__":
    rounds.run(rounds.Question("memory", __doc__, {"peak": "MB"}, CASES, {}, ours, prepare, []))
