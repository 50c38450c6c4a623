#!/usr/bin/env python3
"""Kills earshot at random instants, and sees that what comes of it in the end is what a run gives that nobody disturbed:
kill_runs.py EARSHOT SHIM WORK KILLS [SEED]. WORK is extract, merge, fit or reproduce.

A run is killed again and again until it ends by itself; then its results are compared byte by byte and all is begun anew.
Half of the instants are drawn from the time that a run takes, the other half from what it asks of the file system
(fault_shim.c), so that the short phases get their share. Prints in which phase how many were killed.
"""

import collections
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import killed_work


def count_calls(work, shim):
    """How often a whole run asks the file system for a change, and how many seconds it takes."""
    work.begin_anew()
    start = time.monotonic()
    killed_work.run(work.command(), work.folder,
                    env={**os.environ, "LD_PRELOAD": shim, "FAULT": f"count {work.at('calls.txt')}"}, check=True)
    seconds = time.monotonic() - start
    return int(killed_work.contents(work.at("calls.txt"))), seconds


def kill_at_time(work, seconds):
    """Whether it was killed before it ended."""
    process = subprocess.Popen(work.command(), cwd=work.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        errors = process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return process.returncode == -signal.SIGKILL
    return ended(work, process.returncode, errors)


def kill_at_call(work, shim, number):
    done = killed_work.run(work.command(), work.folder,
                           env={**os.environ, "LD_PRELOAD": shim, "FAULT": f"kill any {number}"})
    return ended(work, done.returncode, done.stderr)


def ended(work, code, errors):
    if code == -signal.SIGKILL:
        return True
    if code != 0:
        sys.exit(f"{work.name}: exit {code} where 0 was expected: {errors}")
    return False


def killed_once(work, shim, chance, calls, seconds):
    if chance.random() < 0.5:
        return kill_at_time(work, chance.uniform(0, 1.1 * seconds))
    return kill_at_call(work, shim, chance.randint(1, calls))


def compare(work, rounds):
    wrong = work.differences()
    if wrong:
        sys.exit(f"{work.name}, after {rounds} rounds: not the same, or still there: {', '.join(wrong)}")
    return sum(len(bytes) for bytes in work.expected.values())


def main():
    earshot, shim, name, n_kills = sys.argv[1:5]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    chance, phases = random.Random(seed), collections.Counter()
    rounds = compared = 0
    os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
    with tempfile.TemporaryDirectory() as folder:
        work = killed_work.ALL[name](os.path.realpath(earshot), folder)
        calls, seconds = count_calls(work, os.path.realpath(shim))
        work.begin_anew()
        while sum(phases.values()) < int(n_kills) or rounds == 0:
            if killed_once(work, os.path.realpath(shim), chance, calls, seconds):
                phases[work.phase()] += 1
                if not work.is_finished():
                    continue
            rounds += 1
            compared += compare(work, rounds)
            work.begin_anew()
    print(f"{name}: {sum(phases.values())} kills, {rounds} finished, {compared} bytes compared (seed {seed})")
    for phase, count in sorted(phases.items()):
        print(f"{count:6} {phase}")


main()
