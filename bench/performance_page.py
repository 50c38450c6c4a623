#!/usr/bin/env python3
"""The tables of docs/performance.md, from results.json: performance_page.py writes them, --check says whether they are stale.

A table stands between `<!-- measured: NAME -->` and `<!-- end -->`; the words around are written by hand.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
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
    rounds = f"{result['rounds']} round{'s' if result['rounds'] > 1 else ''}"
    yield (f"{machine['cpu']}, {machine['cores']} cores with {machine['instructions'][-1]}, {machine['memory_gib']:.0f} GiB; "
           f"{result['date']}, commit {result['commit'].rstrip('+')}, {result['threads']} threads, {rounds}.")
    if machine["load_at_start"] > machine["cores"] / 4:
        yield f"The machine was busy when it began (load {machine['load_at_start']}): the ratios are rough."


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


def main():
    results = json.loads((ROOT / "bench" / "results.json").read_text())
    text = PAGE.read_text()
    fresh = page(text, results)
    if sys.argv[1:] == ["--check"]:
        if fresh != text:
            raise SystemExit("docs/performance.md is older than bench/results.json; bench/performance_page.py makes it anew")
        print(f"{len(BLOCK.findall(text))} tables are those of bench/results.json")
    else:
        PAGE.write_text(fresh)


if __name__ == "__main__":
    main()
