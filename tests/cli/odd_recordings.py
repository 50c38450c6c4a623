"""Writes recordings that can be used and should not be trusted, one of each kind, into the folder that is named, which
has others of two seconds; and zeros/, where all features are the same."""

import os
import shutil
import struct
import sys

SECOND = 16000


def wav(samples, rate=SECOND):
    data = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def noise(n, size, offset=0):
    return [offset + (i * 7919 * (1 + i % 13)) % (2 * size + 1) - size for i in range(n)]


FILES = {
    "silent.wav": wav([0] * 2 * SECOND),
    "only_offset.wav": wav([7] * 2 * SECOND),
    "clipped.wav": wav([max(-32768, min(32767, 2 * x)) for x in noise(2 * SECOND, 20000)]),
    "offset.wav": wav(noise(2 * SECOND, 3000, offset=2000)),
    "short.wav": wav(noise(2 * SECOND - 4000, 3000)),
    "other_rate.wav": wav(noise(4 * SECOND, 3000), rate=2 * SECOND),
}


def main():
    folder = sys.argv[1]
    for name, data in FILES.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    os.mkdir("zeros")
    for name, n in ("a.wav", 2 * SECOND), ("b.wav", 2 * SECOND + 100):
        with open(os.path.join("zeros", name), "wb") as file:
            file.write(wav([0] * n))
    shutil.copyfile(os.path.join(folder, "00000000.wav"), os.path.join(folder, "copy.wav"))


main()
