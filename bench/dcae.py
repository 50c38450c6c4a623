#!/usr/bin/env python3
"""Seconds of an epoch of both convolutional autoencoders, 2,560 patches in batches of 128, beside PyTorch's.

PyTorch's modules are those of the golden files (tests/golden/golden_dcae.py), in float32; the same patches, Adam and
threads for both. Where others use the cores too, one thread says more: PyTorch's threads wait for each other, and its
times become many times longer.
"""

import pathlib
import subprocess
import sys
import time

import rounds

BATCH, LEARNING_RATE = 128, 1e-4


def new_model(name):
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests/golden"))
    from golden_dcae import Autoencoder
    from torch.nn import functional

    if name == "lenet_dcae":
        return Autoencoder((32, 64, 128), 5, 2, 128, functional.elu, True)
    return Autoencoder((12, 24, 48), 4, 1, 0, functional.relu, False)


class Training:
    def __init__(self, name, patches):
        import torch

        self.model, self.patches = new_model(name), patches
        self.adam = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.step(patches[:BATCH])  # what is made at the first step is not an epoch's

    def step(self, batch):
        from torch.nn import functional

        self.adam.zero_grad()
        functional.mse_loss(self.model(batch), batch).backward()
        self.adam.step()

    def epoch_s(self):
        import torch

        start = time.perf_counter()
        for batch in torch.randperm(len(self.patches)).split(BATCH):
            self.step(self.patches[batch])
        return time.perf_counter() - start


def patches_file(job):
    return f"{job['folder']}/patches.h5"


def peer(job):
    import h5py
    import torch

    torch.set_num_threads(job["threads"])
    with h5py.File(patches_file(job)) as file:
        patches = torch.from_numpy(file["patches"][:]).reshape(-1, 1, 64, 64)
    training = Training(job["case"], patches)
    return lambda _: {"epoch": training.epoch_s()}, ""


def prepare(job):
    if job["has_peers"]:
        subprocess.run(rounds.program(job, "train", "--save", patches_file(job)), check=True)


def ours(job, request):
    found, _ = rounds.run_program(rounds.program(job, "train", "--detector", job["case"], "--seconds", 0))
    return {"epoch": found["seconds_epoch"]}, {"instructions": found["device"]}


CASES = {"lenet_dcae": {}, "small_dcae": {}}

if __name__ == "__main__":
    rounds.run(rounds.Question("dcae", __doc__, {"epoch": "s"}, CASES, {"PyTorch": peer}, ours, prepare,
                               ["torch", "numpy"]))
