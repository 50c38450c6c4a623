#!/usr/bin/env python3
"""The README's chart, how many times as fast as its peers: chart.py results.json speed.svg

One bar for the strongest peer of each kind, on a logarithmic axis that begins at 1: to the right earshot is faster, to
the left slower.
"""

import json
import math
import pathlib
import sys
from xml.sax.saxutils import escape

# Rows: question, case, quantity, what it is called.
ROWS = [
    ("net", "resnet34", "trunk", "ResNet34, patches/s"),
    ("net", "resnet18", "trunk", "ResNet18, patches/s"),
    ("net", "squeezenet1_1", "trunk", "SqueezeNet 1.1, patches/s"),
    ("net", "alexnet", "trunk", "AlexNet, patches/s"),
    ("line", "resnet34", "line", "whole line, ResNet34"),
    ("line", "resnet18", "line", "whole line, ResNet18"),
    ("line", "squeezenet1_1", "line", "whole line, SqueezeNet 1.1"),
    ("em", "512x80", "iteration", "EM iteration"),
    ("em", "kmeans", "whole", "k-means"),
    ("em", "fits", "fits", "mixtures from start to end"),
    ("detectors", "kde", "score", "kernel density, scores"),
    ("detectors", "knn", "score", "nearest neighbour, scores"),
    ("dcae", "lenet_dcae", "epoch", "autoencoder, an epoch"),
]
COLOURS = ["#4477aa", "#ee6677", "#228833", "#aa8800", "#aa3377", "#0099bb", "#777777"]
LEAST, MOST = 0.25, 64
WIDTH, LABEL, BAR, GAP, TOP, RIGHT = 860, 230, 13, 9, 58, 250

STYLE = """
text { font: 12px sans-serif; fill: #222 } .soft { fill: #666 } .one { stroke: #222 } .grid { stroke: #ddd }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .soft { fill: #aaa } .one { stroke: #ddd } .grid { stroke: #444 }
}"""


def kind(peer):
    """ "MNN, side by side" is one of MNN's ways; another precision is another peer."""
    return peer if "float" in peer else peer.split(",")[0]


def strongest_of_each(peers):
    """In the order of their ratios; peers are sorted by it already."""
    found = {}
    for peer in peers:
        found.setdefault(kind(peer["peer"]), peer["ratio"])
    return list(found.items())


def select(results):
    """[(label, [(peer, ratio)])] of the rows that were measured."""
    cases = {(result["question"], case["case"], case["quantity"]): case for result in results
             if result["isa"] == "native" for case in result["cases"]}
    rows = [(row[-1], strongest_of_each(cases[row[:-1]]["peers"])) for row in ROWS if row[:-1] in cases]
    return [row for row in rows if row[1]]


def place(ratio):
    """Where on the axis."""
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LABEL + share * (WIDTH - LABEL - RIGHT)


def grid(height):
    for power in range(round(math.log2(LEAST)), round(math.log2(MOST)) + 1):
        value = 2.0**power
        x = place(value)
        name = f"{value:.0f}×" if value >= 1 else f"1/{1 / value:.0f}"
        yield f'<line class="{"one" if value == 1 else "grid"}" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 8}"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{TOP - 14}" text-anchor="middle">{name}</text>'


def bar(y, peer, ratio, colour):
    begin, end = sorted((place(1), place(ratio)))
    yield f'<rect x="{begin:.1f}" y="{y}" width="{end - begin:.1f}" height="{BAR - 2}" fill="{colour}"/>'
    yield f'<text x="{end + 5:.1f}" y="{y + BAR - 3}">{ratio:.2f} <tspan class="soft">{escape(peer)}</tspan></text>'


def draw(results):
    rows = select(results)
    peers = sorted({peer for _, bars in rows for peer, _ in bars})
    colours = {peer: COLOURS[i % len(COLOURS)] for i, peer in enumerate(peers)}
    height = TOP + sum(len(bars) * BAR + GAP for _, bars in rows) + 8
    first = results[0] if results else {"machine": {"cpu": ""}, "threads": "", "commit": ""}
    title = f"earshot, times as fast as its peers: {first['machine']['cpu']}, {first['threads']} threads, {first['commit']}"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
             f"<title>{escape(title)}</title><style>{STYLE}</style>",
             f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>', *grid(height)]
    y = TOP
    for label, bars in rows:
        lines.append(f'<text x="{LABEL - 12}" y="{y + BAR - 3}" text-anchor="end">{escape(label)}</text>')
        for peer, ratio in bars:
            lines += bar(y, peer, ratio, colours[peer])
            y += BAR
        y += GAP
    return "\n".join(lines + ["</svg>"]) + "\n"


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_text(draw(json.loads(pathlib.Path(sys.argv[1]).read_text())))
