"""picture.h5: what matplotlib and torch make of decibels.

/viridis                       [256][red, green, blue], matplotlib's
/patches                       [2][64 * 64] entries of viridis for the networks, one of them 255
/colorize/<case>               attributes: range, range_db, flip, width, offset
  decibel, rgb                 [n_mels][n_frames], [n_patches][n_mels * width * 3]
/resize/<case>                 attributes: height, width, size, filter
  index                        [n_patches][height * width] entries of viridis, one of them 255
  pixels                       the rows that stand in `image`, and the columns alike
  image                        [n_patches * 3][pixels * pixels] normalised as ImageNet's pictures
"""

import matplotlib
import numpy
import torch

import golden_front
import golden_signals
from golden_file import GoldenFile

VIRIDIS = matplotlib.colormaps["viridis"]
MEAN = numpy.array([0.485, 0.456, 0.406])
DEVIATION = numpy.array([0.229, 0.224, 0.225])


def viridis_table():
    return VIRIDIS(numpy.arange(256))[:, :3]


def edge_values():
    """[64][128] floats in 0 … 1: every k/256 exactly, the value just below it, and 1.

    All are multiples of 2^-24, so that v - 1 and (v - 1) + 1 are exact in float too.
    """
    exact = numpy.arange(257, dtype=numpy.float32) / 256
    below = exact[1:] - numpy.float32(2) ** -24
    others = numpy.random.default_rng(4).random(64 * 128 - 513, numpy.float32)
    return numpy.concatenate([exact, below, others]).reshape(64, 128)


def mid_values(n_mels, n_frames, seed):
    """Values whose colour does not hang on a rounding: between a tenth and nine tenths of a colour's step."""
    random = numpy.random.default_rng(seed)
    steps = random.integers(0, 256, (n_mels, n_frames)) + random.uniform(0.1, 0.9, (n_mels, n_frames))
    return steps / 256


def patches(values, width, offset):
    """[n_mels][n_frames] to [n_patches][n_mels][width]"""
    count = 1 + (values.shape[1] - width) // offset
    return numpy.stack([values[:, p * offset : p * offset + width] for p in range(count)])


def unit(values):
    """The least value becomes 0, the largest 1; all alike: 0."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else numpy.zeros_like(values)


def within_patches(n_mels, n_frames, width, seed):
    """Decibels in whole patches, each with its own least and largest value."""
    values = mid_values(n_mels, n_frames, seed)
    for p in range(n_frames // width):
        patch = values[:, p * width : (p + 1) * width]
        patch[0, 0], patch[-1, -1] = 0, 1
        patch *= 17 + p
        patch -= 50
    return values


def put_colorize(golden, name, decibel, shares, range_name, range_db=80.0, flip=0, offset=32):
    """shares: [n_patches][n_mels][width], each cell's place between the range's ends, 0 … 1."""
    width = shares.shape[2]
    golden.set(f"/colorize/{name}", range=range_name, range_db=range_db, flip=flip, width=width,
               offset=offset)
    golden.put(f"/colorize/{name}/decibel", decibel)
    golden.put(f"/colorize/{name}/rgb", VIRIDIS(shares[:, ::-1] if flip else shares)[..., :3])


def colorize_cases(golden):
    edges = edge_values()
    put_colorize(golden, "edges", edges - 1, patches(edges, 64, 32), "recording", range_db=1.0)
    values = mid_values(40, 75, 6)
    values[3, 5] = 1
    put_colorize(golden, "recording", values * 80 - 80, patches(values, 33, 32), "recording")
    put_colorize(golden, "flipped", values * 80 - 80, patches(values, 33, 32), "recording", flip=1)
    values[7, 70] = 0
    put_colorize(golden, "minmax", values * 31 - 90, patches(values, 33, 32), "minmax")
    decibel = within_patches(64, 96, 32, 7)
    shares = numpy.stack([unit(patch) for patch in patches(decibel, 32, 32)])
    put_colorize(golden, "patch", decibel, shares, "patch")
    flat = numpy.full((8, 64), -3.0)
    for range_name in ["patch", "minmax"]:
        put_colorize(golden, f"flat-{range_name}", flat, numpy.zeros((1, 8, 64)), range_name)


def normalized(rgb, size, mode):
    """[n][height][width][3] to [n][3][size][size], as torchvision's pictures are prepared."""
    picture = torch.from_numpy(rgb).permute(0, 3, 1, 2)
    options = dict(align_corners=False) if mode == "bilinear" else {}
    scaled = torch.nn.functional.interpolate(picture, size=(size, size), mode=mode, **options).numpy()
    return (scaled - MEAN[:, None, None]) / DEVIATION[:, None, None]


def put_resize(golden, name, index, size, mode):
    """Every fifth pixel and both edges: the places between source pixels repeat every seventh."""
    index[0, 0, 0] = 255  # the loudest cell, which all others are measured by
    pixels = numpy.unique(numpy.concatenate([[0, 1, size - 2, size - 1], numpy.arange(2, size, 5)]))
    image = normalized(viridis_table()[index], size, mode)[:, :, pixels][:, :, :, pixels]
    golden.set(f"/resize/{name}", height=index.shape[1], width=index.shape[2], size=size, filter=mode)
    golden.put(f"/resize/{name}/index", index)
    golden.put(f"/resize/{name}/pixels", pixels)
    golden.put(f"/resize/{name}/image", image.reshape(-1, image.shape[2] * image.shape[3]))


def resize_cases(golden):
    random = numpy.random.default_rng(8)
    put_resize(golden, "64-to-224", random.integers(0, 256, (1, 64, 64)), 224, "bilinear")
    put_resize(golden, "40x33-to-61", random.integers(0, 256, (2, 40, 33)), 61, "bilinear")
    put_resize(golden, "64-to-31", random.integers(0, 256, (1, 64, 64)), 31, "bilinear")
    put_resize(golden, "nearest", random.integers(0, 256, (1, 40, 33)), 97, "nearest")


def two_patches():
    """A patch of a machine's log-mel spectrogram, and one of all colours at random, as entries of viridis."""
    samples = golden_signals.machine(48000, 100, 1.5, 11)
    decibel = golden_front.front_end(samples, golden_front.PAPER)[3][:, 10:74]
    shares = (decibel - decibel.max() + 80) / 80
    machine = numpy.clip(shares * 256, 0, 255).astype(int)
    return numpy.stack([machine, numpy.random.default_rng(12).integers(0, 256, (64, 64))])


def main():
    with GoldenFile("picture.h5") as golden:
        golden.put("/viridis", viridis_table())
        golden.put("/patches", two_patches())
        colorize_cases(golden)
        resize_cases(golden)
