#!/usr/bin/env python3
"""Lines and branches that ran, a row a folder and in total: coverage_table.py COUNTS.json LINES BRANCHES [--missing]

COUNTS.json is what `gcovr --json` wrote. Fails where fewer per cent of all lines ran than LINES, or of all branches than
BRANCHES. A line that only hands on a failure (`TRY(…)`, `TRY_OR_DONE(…)`) has a branch that runs only where the call
fails, mostly for want of memory; `fail.memory` is the test of those. The last column leaves them out.

    --missing     then also each stretch of lines that did not run, as FILE:FIRST-LAST
    --self-test   holds this to counts that are known
"""

import collections
import json
import pathlib
import re
import sys
import tempfile

HANDS_ON = re.compile(r"^\s*(?:if \(.*\) |for \(.*\) |else )*TRY(?:_OR_DONE)?\(")


class Counts:
    def __init__(self):
        self.lines, self.branches, self.decisions = [0, 0], [0, 0], [0, 0]

    def add(self, line, text):
        """line as gcovr tells it; text is what stands there."""
        ran = [branch["count"] > 0 for branch in line["branches"]]
        counted = [(self.lines, [line["count"] > 0]), (self.branches, ran)]
        if not HANDS_ON.match(text):
            counted.append((self.decisions, ran))
        for total, these in counted:
            total[0] += sum(these)
            total[1] += len(these)


def percent(pair):
    return 100 * pair[0] / pair[1] if pair[1] else 100.0


def lines_of(file):
    return [line for line in file["lines"] if not line["gcovr/noncode"]]


def folder_of(path):
    return "/".join(path.split("/")[:2]) if path.startswith("host/") else path.split("/")[0]


def count(counts, root):
    """{folder: Counts}, and of "total"."""
    folders = collections.defaultdict(Counts)
    for file in counts["files"]:
        texts = (root / file["file"]).read_text(encoding="utf-8").split("\n")
        for line in lines_of(file):
            for name in (folder_of(str(pathlib.PurePath(file["file"]).parent)), "total"):
                folders[name].add(line, texts[line["line_number"] - 1])
    return folders


def missing(counts):
    """FILE:FIRST-LAST of lines that did not run and stand behind one another, but for what is no code."""
    for file in counts["files"]:
        stretch = []
        for line in lines_of(file) + [{"count": 1}]:
            if line["count"] == 0:
                stretch.append(line["line_number"])
            elif stretch:
                yield f"{file['file']}:{stretch[0]}-{stretch[-1]}"
                stretch = []


def table(folders):
    yield f"{'folder':<16} {'lines':>7} {'ran':>7} {'branches':>9} {'ran':>7} {'without handing on':>19}"
    for name in sorted(folders, key=lambda name: (name == "total", name)):
        c = folders[name]
        yield (f"{name:<16} {c.lines[1]:>7} {percent(c.lines):>6.1f}% {c.branches[1]:>9} {percent(c.branches):>6.1f}%"
               f" {percent(c.decisions):>18.1f}%")


def judge(total, least_lines, least_branches):
    """What is too little, a sentence each."""
    for what, pair, least in (("lines", total.lines, least_lines), ("branches", total.branches, least_branches)):
        if percent(pair) < least:
            yield f"{percent(pair):.1f} % of {what} ran, at least {least:g} % were expected"


def self_test():
    def line(number, count, *branches):
        return {"line_number": number, "count": count, "gcovr/noncode": False, "branches": [{"count": b} for b in branches]}

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "host/io").mkdir(parents=True)
        (root / "host/io/a.c").write_text("if (x)\n    TRY(call());\ny;\nz;\n")
        counts = {"files": [{"file": "host/io/a.c", "lines": [line(1, 5, 5, 0), line(2, 5, 5, 0), line(3, 0), line(4, 0)]}]}
        folders = count(counts, root)
    total = folders["total"]
    assert (total.lines, total.branches, total.decisions) == ([2, 4], [2, 4], [1, 2]), vars(total)
    assert sorted(folders) == ["host/io", "total"]
    assert list(missing(counts)) == ["host/io/a.c:3-4"]
    assert not list(judge(total, 50, 50)) and len(list(judge(total, 51, 50))) == 1 and len(list(judge(total, 51, 51))) == 2
    print("what is counted, missed and too little: as planted")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    counts = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    folders = count(counts, pathlib.Path(__file__).resolve().parent.parent)
    print("\n".join(table(folders)))
    if "--missing" in arguments:
        print("\n".join(missing(counts)))
    too_little = list(judge(folders["total"], float(arguments[1]), float(arguments[2])))
    print("\n".join(too_little))
    return 1 if too_little else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
