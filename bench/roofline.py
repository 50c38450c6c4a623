#!/usr/bin/env python3
"""What a card could do at most, from published figures: roofline.py build/earshot

An estimate, not a measurement: each step takes the longer of its arithmetic at the card's peak and its bytes at the
card's bandwidth, and at least one launch. Networks come from `earshot layers NETWORK --json`, the front end from the
standard options. What no roofline knows (how far an engine stays below the peak, clocks under load, waiting) is left
out, so real times are longer; half of these rates is a usual result. Prints the tables of cuda/README.md.
"""

import collections
import json
import math
import subprocess
import sys

# Dense peaks in TFLOP/s, memory and one direction of PCIe in GB/s, as published for:
#   T4        T4 data sheet and Turing white paper (no TF32); PCIe 3.0 x16
#   A100      A100 data sheet, SXM4 40 GB; PCIe 4.0 x16
#   H100      H100 data sheet and white paper, SXM5 (without sparsity); PCIe 5.0 x16
Card = collections.namedtuple("Card", "name fp32 tf32 fp16 memory link multiprocessors")
CARDS = [
    Card("T4", 8.1, 8.1, 65, 320, 15.75, 40),
    Card("A100", 19.5, 156, 312, 1555, 31.5, 108),
    Card("H100", 67, 494, 989, 3350, 63, 132),
]
NETWORKS = ["alexnet", "resnet18", "resnet34", "squeezenet1_0", "squeezenet1_1"]
PRECISIONS = ["fp32", "tf32", "fp16"]

# The standard options on one recording of 10 s at 16 kHz: FFT 1024, hop 256, 64 mels, patches 64 wide every 32.
SAMPLES, N_FFT, MELS, FRAMES, PATCHES = 160000, 1024, 64, 626, 18
BINS = N_FFT // 2 + 1
IMAGE_CHANNELS = 8  # graph.h
TILE = 128  # rows and columns of an output tile that one multiprocessor takes, typical of cuDNN's engines
LAUNCH_S = 4e-6  # from one kernel to the next in a stream: a usual figure, the only one here without a source
READ_S = 0.24e-3  # CPU time of reading, hashing and judging a recording of 8 channels, measured on one EPYC core
LARGE = 252  # patches: 14 recordings

Step = collections.namedtuple("Step", "name flop bytes tiles")


def layers(earshot, network):
    text = subprocess.run([earshot, "layers", network, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def tiles(patches, channels, height, width):
    """How many tiles the result of a convolution has."""
    return math.ceil(patches * height * width / TILE) * math.ceil(channels / TILE)


def layer_step(table, layer, patches, element):
    """One layer's work. A half of a concatenation is written twice and read once more, as cuDNN does it in half."""
    shapes = {l["name"]: l["shape"] for l in table["layers"]}
    shapes["image"] = [IMAGE_CHANNELS, table["input_size"], table["input_size"]]
    padded = IMAGE_CHANNELS / 3 if layer["reads"][0] == "image" else 1
    joined = any(l["op"] == "concat" and layer["name"] in l["reads"] for l in table["layers"])
    written = math.prod(layer["shape"]) * (3 if joined and element == 2 else 1)
    moved = patches * (sum(math.prod(shapes[r]) for r in layer["reads"]) + written) + layer["weights"] * padded
    count = tiles(patches, *layer["shape"]) if layer["weights"] else 0
    return Step(layer["name"], 2 * layer["multiply_adds"] * padded * patches, moved * element, count)


def network_steps(table, patches, precision):
    element = 2 if precision == "fp16" else 4
    return [layer_step(table, l, patches, element) for l in table["layers"] if l["op"] != "concat"]


def front_steps(recordings, precision):
    """From samples to pictures, float throughout; only the picture has the network's type."""
    patches, frames = recordings * PATCHES, recordings * FRAMES
    pixels, element = patches * 224 * 224, 2 if precision == "fp16" else 4
    return [
        Step("frame", 2 * frames * N_FFT, recordings * SAMPLES * 2 + frames * N_FFT * 4, 0),
        Step("FFT", 2.5 * frames * N_FFT * math.log2(N_FFT), frames * (N_FFT * 4 + BINS * 8), 0),
        Step("power, mel, decibel", frames * BINS * 7, frames * (BINS * 8 + MELS * 4 * 3), 0),
        Step("picture", pixels * 30, patches * MELS * MELS * 4 + pixels * IMAGE_CHANNELS * element, 0),
    ]


def step_seconds(card, step, precision):
    """Tiles go to the multiprocessors in rounds; the last round may leave some idle."""
    rounds = math.ceil(step.tiles / card.multiprocessors)
    fill = step.tiles / (rounds * card.multiprocessors) if step.tiles else 1
    peak = getattr(card, precision if step.tiles else "fp32") * 1e12
    return max(step.flop / peak / fill, step.bytes / (card.memory * 1e9), LAUNCH_S)


def seconds(card, steps, precision):
    return sum(step_seconds(card, s, precision) for s in steps)


def recordings_per_second(card, table, patches, precision):
    """Chunks of `patches`, the front end over the recordings that they come from; copies overlap."""
    recordings = patches / PATCHES
    front = seconds(card, front_steps(LARGE // PATCHES, precision), precision) * patches / LARGE
    return recordings / (front + seconds(card, network_steps(table, patches, precision), precision))


def row(*cells):
    print("| " + " | ".join(str(c) for c in cells) + " |")


def head(*cells):
    row(*cells)
    print("|---" + "|---:" * (len(cells) - 1) + "|")


def memory_share(card, steps, precision):
    """The share of the time that goes to steps for whose bytes the card is too slow."""
    slow = [s for s in steps if step_seconds(card, s, precision) == s.bytes / (card.memory * 1e9)]
    return seconds(card, slow, precision) / seconds(card, steps, precision)


def stage_table(tables):
    print(f"\nOne batch of {LARGE // PATCHES} recordings of 10 s, {LARGE} patches; times at fp16:\n")
    head("stage", "MB, fp32", "MB, fp16", "GFLOP", *(f"{c.name}, ms" for c in CARDS), "of it memory, A100")
    count = LARGE // PATCHES
    copied = count * SAMPLES * 2
    row("upload, PCIe", *[f"{copied / 1e6:.1f}"] * 2, 0, *(f"{copied / c.link / 1e6:.2f}" for c in CARDS), "")
    for single, half in zip(front_steps(count, "fp32"), front_steps(count, "fp16")):
        times = [f"{step_seconds(c, half, 'fp16') * 1e3:.2f}" for c in CARDS]
        row(single.name, f"{single.bytes / 1e6:.1f}", f"{half.bytes / 1e6:.1f}", f"{single.flop / 1e9:.2f}", *times,
            f"{memory_share(CARDS[1], [half], 'fp16'):.0%}")
    for name, table in tables.items():
        single, half = (network_steps(table, LARGE, p) for p in ("fp32", "fp16"))
        row(name, f"{sum(s.bytes for s in single) / 1e6:.0f}", f"{sum(s.bytes for s in half) / 1e6:.0f}",
            f"{sum(s.flop for s in single) / 1e9:.0f}", *(f"{seconds(c, half, 'fp16') * 1e3:.2f}" for c in CARDS),
            f"{memory_share(CARDS[1], half, 'fp16'):.0%}")


def rate_table(tables):
    print(f"\nRecordings per second at most, chunks of {LARGE} patches:\n")
    head("network", *(f"{c.name} {p}" for c in CARDS for p in PRECISIONS if (c.name, p) != ("T4", "tf32")))
    for name, table in tables.items():
        row(name, *(f"{recordings_per_second(c, table, LARGE, p):.0f}" for c in CARDS for p in PRECISIONS
                    if (c.name, p) != ("T4", "tf32")))


def host_table(table):
    """What must arrive for half of ResNet18's roofline."""
    print("\nWhat the host must deliver for half of that, resnet18:\n")
    head("card", "recordings/s", "MB/s from disk, mono", "8 channels", "PCIe used", "reader threads")
    for card in CARDS:
        for precision in ("fp32", "fp16"):
            rate = recordings_per_second(card, table, LARGE, precision) / 2
            mono = rate * SAMPLES * 2
            row(f"{card.name} {precision}", f"{rate:.0f}", f"{mono / 1e6:.0f}", f"{mono * 8 / 1e6:.0f}",
                f"{mono / card.link / 1e7:.1f} %", math.ceil(rate * READ_S))


def chunk_table(table):
    print("\nShare of the rate with 1,024 patches that a smaller chunk reaches, resnet18:\n")
    chunks = [1, 18, 32, 64, 128, 256]
    head("card", *chunks)
    for card in CARDS:
        for precision in ("fp32", "fp16"):
            best = recordings_per_second(card, table, 1024, precision)
            row(f"{card.name} {precision}",
                *(f"{recordings_per_second(card, table, n, precision) / best:.0%}" for n in chunks))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: roofline.py EARSHOT")
    tables = {network: layers(sys.argv[1], network) for network in NETWORKS}
    stage_table(tables)
    rate_table(tables)
    host_table(tables["resnet18"])
    chunk_table(tables["resnet18"])


if __name__ == "__main__":
    main()
