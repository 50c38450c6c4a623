#!/usr/bin/env python3
"""The tables of docs/performance.md, and the ratios in README.md's comparison, from results.json: performance_page.py writes
them, --check says whether they are stale.

A table stands between `<!-- measured: NAME -->` and `<!-- end -->`; the words around are written by hand.
"""

import json
import pathlib
import re
import sys

import rounds

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, README = ROOT / "docs" / "performance.md", ROOT / "README.md"
RATIOS = re.compile(r"1/[0-9.]+ ResNet34, 1/[0-9.]+ ResNet18, 1/[0-9.]+ SqueezeNet 1\.1")
BLOCK = re.compile(r"(<!-- measured: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def figure(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def peer_kind(name):
    """"MNN, side by side" and "MNN" are ways to use one peer; scikit-learn's two precisions are two answers."""
    return name if name.startswith("scikit-learn") else name.split(",")[0]


def strongest(case):
    """Of each kind of peer the one that is hardest to beat, hardest first."""
    found = {}
    for peer in case["peers"]:
        kind = peer_kind(peer["peer"])
        if kind not in found or peer["ratio"] < found[kind]["ratio"]:
            found[kind] = peer
    return sorted(found.values(), key=lambda peer: peer["ratio"])


def when_lines(result):
    machine = result["machine"]
    times = f"{result['rounds']} round{'s' if result['rounds'] > 1 else ''}"
    yield (f"{machine['cpu']}, {machine['cores']} cores with {machine['instructions'][-1]}, {machine['memory_gib']:.0f} GiB; "
           f"{result['date']}, commit {result['commit'].rstrip('+')}, {result['threads']} threads, {times}.")
    if words := rounds.busy_words(machine):
        yield words


def table_lines(result):
    yield f"| | earshot, {unit_of(result)} | ratio to each peer, hardest first |"
    yield "|---|---:|---|"
    for case in result["cases"]:
        peers = "; ".join(f"{peer['peer']} **{peer['ratio']:.2f}** ({peer['low']:.2f}–{peer['high']:.2f})"
                          for peer in strongest(case)) or "–"
        yield f"| {case['case']}, {case['quantity']} | {figure(case['ours']['median'])} | {peers} |"


def unit_of(result):
    return "/".join(dict.fromkeys(case["unit"] for case in result["cases"]))


def block_lines(result):
    if result is None:
        yield "Not measured yet."
        return
    yield from when_lines(result)
    yield ""
    yield from table_lines(result)


def page(text, results):
    """The page with its tables made anew. What was measured and has no table is an error."""
    named = {result["file"]: result for result in results}
    asked = [name for _, name, _ in BLOCK.findall(text)]
    if untold := [name for name in named if name not in asked]:
        raise SystemExit(f"results.json holds {', '.join(untold)}, for which docs/performance.md has no table")
    return BLOCK.sub(lambda found: found[1] + "\n".join(block_lines(named.get(found[2]))) + "\n" + found[3], text)


def readme(text, results):
    """README.md with the line's ratios to a script that runs PyTorch."""
    cases = {case["case"]: peer["ratio"] for result in results if result["file"] == "line" for case in result["cases"]
             for peer in case["peers"] if peer["peer"] == "librosa + PyTorch"}
    words = (f"1/{cases['resnet34']:.1f} ResNet34, 1/{cases['resnet18']:.1f} ResNet18, "
             f"1/{cases['squeezenet1_1']:.1f} SqueezeNet 1.1")
    if len(RATIOS.findall(text)) != 1:
        raise SystemExit("README.md does not hold the ratios of the line once")
    return RATIOS.sub(words, text)


def main():
    results = json.loads((ROOT / "bench" / "results.json").read_text())
    for path, renew in ((PAGE, page), (README, readme)):
        text = path.read_text()
        fresh = renew(text, results)
        if sys.argv[1:] != ["--check"]:
            path.write_text(fresh)
        elif fresh != text:
            raise SystemExit(f"{path.relative_to(ROOT)} is older than bench/results.json; bench/performance_page.py makes it anew")
        else:
            print(f"{path.relative_to(ROOT)} has the figures of bench/results.json")


if __name__ == "__main__":
    main()
