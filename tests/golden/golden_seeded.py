"""The weights that `seeded:N` means (host/io/weights.h), and which tensor has which stream.

Layer i of a network's table (host/nets/) has weight stream 2i and bias stream 2i + 1. ROWS repeats the
tables' rows: the tensor's prefix, or None for a row that has no numbers.
"""

import hashlib

import numpy
import torch


def fire(name):
    return [f"{name}.squeeze", f"{name}.expand1x1", f"{name}.expand3x3", None]


def squeezenet_rows(modules):
    """`modules`: what follows the first convolution in `features`, F a fire module and P a pool."""
    rows = ["features.0"]
    for i, module in enumerate(modules, start=2):
        rows += fire(f"features.{i}") if module == "F" else [None]
    return rows + [None]


def resnet_rows(blocks_of_stages):
    rows = ["conv1", None]
    for stage, blocks in enumerate(blocks_of_stages, start=1):
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            shortcut = [f"{name}.downsample.0"] if stage > 1 and block == 0 else []
            rows += [f"{name}.conv1", *shortcut, f"{name}.conv2"]
    return rows + [None]


ROWS = {
    "alexnet": ["features.0", None, "features.3", None, "features.6", "features.8", "features.10", None,
                "classifier.1", "classifier.4"],
    "resnet18": resnet_rows([2, 2, 2, 2]),
    "resnet34": resnet_rows([3, 4, 6, 3]),
    "squeezenet1_0": squeezenet_rows("PFFFPFFFFPF"),
    "squeezenet1_1": squeezenet_rows("PFFPFFPFFFF"),
}

NORMS = {"conv1": "bn1", "conv2": "bn2", "downsample.0": "downsample.1"}


def scrambled(z):
    """SplitMix64's output function on uint64."""
    z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    return z ^ z >> numpy.uint64(31)


def stream_values(seed, stream, n, bound):
    """n floats in -bound … bound, host/io/weights.h's rule."""
    step = 0x9E3779B97F4A7C15
    start = seed ^ int(scrambled(numpy.array([(stream + step) % 2**64], numpy.uint64))[0])
    counts = numpy.arange(1, n + 1, dtype=numpy.uint64)
    states = numpy.uint64((start + step) % 2**64) + counts * numpy.uint64(step)
    whole = (scrambled(states) >> numpy.uint64(40)).astype(numpy.int64) - 2**23
    return whole.astype(numpy.float32) / numpy.float32(2**23) * numpy.float32(bound)


def seed_network(model, network, seed):
    """Puts the weights into torchvision's model, its batch norms made additions; returns their SHA-256."""
    digest = hashlib.sha256()
    for row, prefix in enumerate(ROWS[network]):
        if prefix is None:
            continue
        layer = model.get_submodule(prefix)
        shape = tuple(layer.weight.shape)
        bound = numpy.float32(numpy.sqrt(6 / numpy.prod(shape[1:])))
        if network.startswith("resnet") and prefix.endswith("conv2"):
            bound *= numpy.float32(0.25)
        weight = stream_values(seed, 2 * row, int(numpy.prod(shape)), bound)
        bias = stream_values(seed, 2 * row + 1, shape[0], numpy.float32(0.1))
        digest.update(weight.astype("<f4").tobytes() + bias.astype("<f4").tobytes())
        layer.weight.data = torch.from_numpy(weight.reshape(shape))
        if layer.bias is not None:
            layer.bias.data = torch.from_numpy(bias)
        else:
            add_by_norm(model.get_submodule(norm_of(prefix)), bias)
    return digest.hexdigest()


def norm_of(prefix):
    for convolution, norm in NORMS.items():
        if prefix.endswith(convolution):
            return prefix.removesuffix(convolution) + norm
    raise ValueError(f"{prefix} has no batch norm")


def add_by_norm(norm, bias):
    """(x - 0) / sqrt(1 + 0) * 1 + bias"""
    norm.eps = 0.0
    norm.weight.data = torch.ones(len(bias))
    norm.bias.data = torch.from_numpy(bias)
    norm.running_mean = torch.zeros(len(bias))
    norm.running_var = torch.ones(len(bias))
