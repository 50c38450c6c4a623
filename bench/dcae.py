#!/usr/bin/env python3
"""An epoch of both autoencoders beside PyTorch's: dcae.py [--threads T] build/bench/train [DETECTOR ...]

Needs h5py and torch from PyPI. The modules are those of the golden files (tests/golden/golden_dcae.py), in float32;
the same patches, batches of 128, Adam, the same threads for both (without --threads: all cores). In each of five
rounds earshot trains an epoch, then PyTorch does; seconds are medians of the rounds, "times" says how many times
longer PyTorch took, the median of the rounds' ratios. Where others use the cores too, one thread says more: PyTorch's
threads wait for each other, and its times become many times longer.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parent.parent / "tests/golden"))
from golden_dcae import Autoencoder  # noqa: E402

ROUNDS, BATCH, LEARNING_RATE = 5, 128, 1e-4
PEERS = {
    "lenet_dcae": lambda: Autoencoder((32, 64, 128), 5, 2, 128, nn.functional.elu, True),
    "small_dcae": lambda: Autoencoder((12, 24, 48), 4, 1, 0, nn.functional.relu, False),
}


class Peer:
    def __init__(self, name, patches):
        self.model, self.patches = PEERS[name](), patches
        self.adam = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.step(patches[:BATCH])  # what is made at the first step is not an epoch's

    def step(self, batch):
        self.adam.zero_grad()
        loss = nn.functional.mse_loss(self.model(batch), batch)
        loss.backward()
        self.adam.step()
        return loss.item()

    def time_epoch(self):
        start = time.perf_counter()
        for batch in torch.randperm(len(self.patches)).split(BATCH):
            self.step(self.patches[batch])
        return time.perf_counter() - start


def time_earshot(program, name):
    answer = subprocess.run([program, "--detector", name, "--json", "--seconds", "0", "--threads",
                             str(torch.get_num_threads())], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.splitlines()[-1])["seconds_epoch"]


def compare(program, name, patches):
    peer, ours, theirs = Peer(name, patches), [], []
    for _ in range(ROUNDS):
        ours.append(time_earshot(program, name))
        theirs.append(peer.time_epoch())
    times = statistics.median(b / a for a, b in zip(ours, theirs))
    print(f"| {name} | {statistics.median(ours):.2f} | {statistics.median(theirs):.2f} | {times:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("program")
    parser.add_argument("detectors", nargs="*", default=list(PEERS))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.program, "--save", f"{folder}/patches.h5"], check=True)
        with h5py.File(f"{folder}/patches.h5") as file:
            patches = torch.from_numpy(file["patches"][:]).reshape(-1, 1, 64, 64)
    print(f"An epoch of {len(patches)} patches; PyTorch {torch.__version__}; threads: {torch.get_num_threads()}\n")
    print("| detector | seconds | PyTorch's | times |\n|---|---|---|---|", flush=True)
    for name in arguments.detectors:
        compare(arguments.program, name, patches)


if __name__ == "__main__":
    main()
