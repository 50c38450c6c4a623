"""Writes recordings that cannot be used, one of each kind, into the folder that is named."""

import os
import struct
import sys

SECOND = 16000


def samples(n):
    return struct.pack(f"<{n}h", *((i * 7919) % 2000 - 1000 for i in range(n)))


def riff(data, form=1, channels=1, rate=SECOND, bits=16, data_size=None):
    """A RIFF file by hand; data_size is what its header claims."""
    width = channels * bits // 8
    head = struct.pack("<HHIIHH", form, channels, rate, rate * width, width, bits)
    size = len(data) if data_size is None else data_size
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(4 + len(chunks), 2**32 - 1)) + b"WAVE" + chunks


def floats(n, odd):
    values = [0.1 * (i % 9) for i in range(n)]
    values[n // 2] = odd
    return struct.pack(f"<{n}f", *values)


FILES = {
    "empty_file.wav": b"",
    "text.wav": b"This is no recording.\n",
    "only_a_header.wav": riff(b""),
    "cut_off.wav": riff(samples(SECOND), data_size=4 * SECOND),
    "lying_header.wav": riff(samples(SECOND), data_size=2**32 - 2),
    "too_short.wav": riff(samples(SECOND // 4)),
    "other_rate.wav": riff(samples(2 * SECOND), rate=44100),
    "not_a_number.wav": riff(floats(2 * SECOND, float("nan")), form=3, bits=32),
    "infinite.wav": riff(floats(2 * SECOND, float("inf")), form=3, bits=32),
}


def main():
    for name, data in FILES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


main()
