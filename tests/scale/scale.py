#!/usr/bin/env python3
"""Does earshot carry a corpus of MIMII's size? scale.py EARSHOT RECORDINGS: generated recordings of 1.1 s, a sixteenth of
RECORDINGS, a quarter, and all, in 3, 12 and 48 groups (MIMII has 48), through extract, merge and eval, without a network.

Prints each step's CPU seconds (user and system, all threads), elapsed seconds and peak memory. Fails where a step
takes more than 1.3 times of what growing with the recordings would give, or where memory grows by more than 1 to 4 KiB
a recording: the list of recordings is held in memory, their samples and features must not be. A recording of 1.0 s is too
short for a patch.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

GROUPS = {16: (1, 3), 4: (4, 12), 1: (16, 48)}  # of the whole: ids of each machine, groups
MACHINES = ["fan", "pump", "slider"]
SLACK = 1.3
KIB_EACH = {"extract": 1.5, "merge": 1, "eval": 4}  # of memory for a recording's place in a list; eval holds the file's table
BYTES_EACH = 36e3 + 2.5 * 17e3  # a recording, its row in parts and file


def roomy_folder(n):
    """Memory where it holds all of it, since the disk's speed is not what is asked."""
    for folder in ("/dev/shm", None):
        if folder is None or (os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 3 * n * BYTES_EACH):
            return folder


def generate(earshot, folder, n, ids, n_groups):
    """n recordings below folder/corpus, shared out evenly to ids of every machine, three quarters of them normal."""
    for number in range(ids):
        new = os.path.join(folder, "new")
        most = -(-n // n_groups)
        subprocess.run([earshot, "synth", new, "--machines", ",".join(MACHINES), "--seconds", "1.1", "--seed", str(number + 1),
                        "--normal", str(most - most // 4), "--abnormal", str(most // 4), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        for machine in MACHINES:
            target = os.path.join(folder, "corpus", "0dB", machine)
            os.makedirs(target, exist_ok=True)
            os.rename(os.path.join(new, "0dB", machine, "id_00"), os.path.join(target, f"id_{number:02}"))
        shutil.rmtree(new)
    files = sorted(os.path.join(at, name) for at, _, names in os.walk(os.path.join(folder, "corpus")) for name in names)
    surplus = [f for f in files if f.endswith(f"/normal/{most - most // 4 - 1:08}.wav")][:len(files) - n]
    for file in surplus:
        os.remove(file)
    assert len(files) - len(surplus) == n


def measure(command):
    """CPU seconds, elapsed seconds, peak MiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def carry(earshot, folder, n, ids, n_groups):
    generate(earshot, folder, n, ids, n_groups)
    features = os.path.join(folder, "features.h5")
    steps = {
        "extract": ["extract", os.path.join(folder, "corpus"), "-o", features, "--network", "patch", "--shard", "0/1", "--quiet"],
        "merge": ["merge", features, "--quiet"],
        "eval": ["eval", features, "-o", os.path.join(folder, "results"), "--detector", "gmm", "--components", "2", "--max-iter",
                 "5", "--seeds", "1", "--quiet"],
    }
    return {name: measure([earshot] + words) for name, words in steps.items()}


def check(sizes, measured):
    first, last = sizes[0], sizes[-1]
    wrong = []
    for step in measured[first]:
        allowed = SLACK * last / first * measured[first][step][0] + 1
        if measured[last][step][0] > allowed:
            wrong.append(f"{step}: {measured[last][step][0]:.1f} CPU seconds, {allowed:.1f} would be in proportion")
        allowed = measured[first][step][2] + 16 + (last - first) * KIB_EACH[step] / 1024
        if measured[last][step][2] > allowed:
            wrong.append(f"{step}: {measured[last][step][2]:.0f} MiB, {allowed:.0f} allowed")
    return wrong


def main():
    earshot, whole = os.path.realpath(sys.argv[1]), int(sys.argv[2])
    os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
    sizes, measured = [], {}
    print(f"{'recordings':>10} {'step':8} {'CPU s':>8} {'s':>8} {'µs CPU each':>12} {'peak MiB':>9}", flush=True)
    for divisor, (ids, n_groups) in GROUPS.items():
        n = -(-whole // divisor)
        sizes.append(n)
        with tempfile.TemporaryDirectory(dir=roomy_folder(n)) as folder:
            measured[n] = carry(earshot, folder, n, ids, n_groups)
        for step, (cpu, elapsed, peak) in measured[n].items():
            print(f"{n:10} {step:8} {cpu:8.2f} {elapsed:8.2f} {1e6 * cpu / n:12.0f} {peak:9.0f}", flush=True)
    wrong = check(sizes, measured)
    for line in wrong:
        print("too much:", line)
    sys.exit(bool(wrong))


main()
