"""A model of made recordings to be served (serve_words.py), for the tests of the page and of hostile traffic."""

import csv
import io
import subprocess
import sys

from serve_words import clean_environment

NETWORK = ["--network", "squeezenet1_1", "--weights", "seeded:1"]
MACHINES = ["fan", "valve"]


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=clean_environment())
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def make_model(earshot, folder):
    """folder/line.h5, learned from normal recordings; folder/new holds others that it has not heard."""
    for name, seed, abnormal in (("learned", "1", "0"), ("new", "2", "4")):
        run(earshot, "synth", f"{folder}/{name}", "--machines", ",".join(MACHINES), "--normal", "14" if seed == "1" else "4",
            "--abnormal", abnormal, "--seed", seed, "--quiet")
    run(earshot, "extract", f"{folder}/learned", "-o", f"{folder}/learned.h5", "--quiet", *NETWORK)
    run(earshot, "fit", f"{folder}/learned.h5", "-o", f"{folder}/line.h5", "--detector", "knn", "--false-alarms", "0.1",
        "--quiet")
    return f"{folder}/line.h5"


def recording(folder, machine, label, number=0):
    return f"{folder}/new/0dB/{machine}/id_00/{label}/{number:08}.wav"


def score_by_command(earshot, model, path, group):
    """The row of `score`, and the scores of the patches."""
    command = [earshot, "score", model, path, "--as", group, "--quiet"]
    row = next(csv.DictReader(io.StringIO(run(*command))))
    patches = csv.DictReader(io.StringIO(run(*command, "--patches")))
    return row, [float(patch["score"]) for patch in patches]
