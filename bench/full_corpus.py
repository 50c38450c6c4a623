#!/usr/bin/env python3
"""How long all of MIMII takes, on paper: full_corpus.py build/earshot NETWORK=SECONDS... prints the tables of
docs/full-corpus.md.

SECONDS are CPU seconds that one recording takes on one core (docs/full-corpus.md says how to measure them). The rest comes
from roofline.py, from measurements that are named beside their constants, and from what disks are sold as. A run takes as
long as its slowest part: reading, the host's share, or computing; then the parts are joined.
"""

import sys

import roofline

RECORDINGS, CHANNELS = 54057, 8
BYTES_EACH = roofline.SAMPLES * 2 * CHANNELS + 80  # WAVE_FORMAT_EXTENSIBLE
COLUMNS = {"resnet18": 512, "resnet34": 512, "alexnet": 4096, "squeezenet1_0": 2048, "squeezenet1_1": 2048, "patch": 4096}
# Recordings a second that one core carries to a device that takes no time: bench/feed, CHANGELOG.md. 2048 columns were not
# measured; the rate of 4096 is a lower bound.
HOST_RATE = {512: 2020, 2048: 1085, 4096: 1085}
HOST_CORES = 8  # beside the cards
# What merging costs a core for a recording of one row of 4096 columns, microseconds: tests/scale/scale.py. Taken for every
# row, and less for shorter ones in proportion.
MERGE_US = 93
# MB/s of reading large files one after the other.
DISKS = [("gigabit NFS", 110), ("hard disk", 160), ("SATA SSD", 500), ("10 Gbit NFS", 1100), ("NVMe SSD", 3000),
         ("parallel file system", 10000)]
GPU_SHARE = 0.5  # of its roofline, what a card is taken to reach


def duration(seconds):
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def reading():
    return [(name, RECORDINGS * BYTES_EACH / (rate * 1e6)) for name, rate in DISKS]


def feature_bytes(network):
    return RECORDINGS * roofline.PATCHES * COLUMNS[network] * 4


def merging(network, disk_rate):
    """Parts are read twice (statistics, then rows), the file is written once; one core."""
    cpu = RECORDINGS * roofline.PATCHES * MERGE_US * 1e-6 * COLUMNS[network] / 4096
    return max(cpu, 3 * feature_bytes(network) / (disk_rate * 1e6))


def machines(network, cpu_seconds, table):
    """Name, seconds of computing, seconds of the host's share."""
    work = RECORDINGS * cpu_seconds
    host = RECORDINGS / HOST_RATE[COLUMNS[network]]
    found = [("1 core", work, 0), ("64 cores", work / 64, 0), ("64 cores at 70 %", work / 64 / 0.7, 0)]
    for card in roofline.CARDS:
        for count in (1, 8):
            rate = GPU_SHARE * roofline.recordings_per_second(card, table, roofline.LARGE, "fp16")
            found.append((f"{count} × {card.name}, fp16", RECORDINGS / rate / count, host / HOST_CORES))
    return found


def what_binds(computing, host, read):
    slowest = max(computing, host, read)
    return slowest, "computing" if slowest == computing else "reading" if slowest == read else "the host's cores"


def print_network(network, cpu_seconds, table):
    print(f"\n### {network}: {feature_bytes(network) / 1e9:.1f} GB of features\n")
    roofline.head("machine", "computing", *(name for name, _ in DISKS))
    for name, computing, host in machines(network, cpu_seconds, table):
        cells = []
        for (_, read), (_, rate) in zip(reading(), DISKS):
            slowest, why = what_binds(computing, host, read)
            cells.append(f"{duration(slowest + merging(network, rate))}{' *' if why != 'computing' else ''}")
        roofline.row(name, duration(computing), *cells)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: full_corpus.py EARSHOT NETWORK=SECONDS...")
    print(f"{RECORDINGS:,} recordings, {RECORDINGS * BYTES_EACH / 1e9:.0f} GB, {RECORDINGS * roofline.PATCHES:,} patches\n")
    roofline.head("disk", "MB/s", "reading all of it")
    for (name, seconds), (_, rate) in zip(reading(), DISKS):
        roofline.row(name, rate, duration(seconds))
    for words in sys.argv[2:]:
        network, seconds = words.split("=")
        print_network(network, float(seconds), roofline.layers(sys.argv[1], network))


if __name__ == "__main__":
    main()
