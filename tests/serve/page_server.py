"""A model of made recordings, and `earshot serve` with it, for the tests of the page and of hostile traffic."""

import csv
import io
import os
import re
import signal
import subprocess
import sys

NETWORK = ["--network", "squeezenet1_1", "--weights", "seeded:1"]
MACHINES = ["fan", "valve"]


def clean_environment():
    """What the caller's EARSHOT_ variables say must not change an answer."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")}
    sanitizers = {"ASAN_OPTIONS": "quarantine_size_mb=8", **kept}  # memory that was freed must not look like a leak
    return {**sanitizers, "EARSHOT_CUDA_PLUGIN": "none"}


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


class Server:
    """`earshot serve` on a port of its own choice. `log` gets its stderr."""

    def __init__(self, earshot, log, *options):
        self.log = log
        with open(log, "w") as stream:
            self.process = subprocess.Popen([earshot, "serve", "--port", "0", *options], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=stream, env=clean_environment())
        self.address = self.wait_for_address()

    def wait_for_address(self):
        while True:
            told = self.told()
            found = re.search(r"http://[0-9.]+:(\d+)", told)
            if found:
                return found[0]
            try:
                code = self.process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            sys.exit(f"serve ended with {code} before it was ready: {self.told()}")

    def told(self):
        with open(self.log) as stream:
            return stream.read()

    def stop(self):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit(f"serve did not end within a minute of SIGTERM: {self.told()[-2000:]}")
