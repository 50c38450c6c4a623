#!/usr/bin/env python3
"""Finds what is written twice: duplicates.py [ROOT]

Two stretches of C that are the same for WINDOW tokens or more, whatever their spaces and comments, are a pair; names and
numbers count. The pairs that are known stand in duplicates.txt, each with how many tokens it has: a new pair, or one that
grew, fails. So does one that is gone or shrank, until its line is taken out or lowered: the list can only become shorter.

    duplicates.py --write       writes the list anew, where it became shorter
    duplicates.py --self-test   plants pairs in a small tree and sees that they are found
"""

import collections
import pathlib
import re
import sys
import tempfile

WINDOW = 70
FOLDERS = ("host", "kernels", "cuda")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\d[\w.]*|[^\s\w]')
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)


def blank(match):
    return "\n" * match.group().count("\n")


def tokens_of(path):
    """[(token, line)]; without comments and includes, which every file has."""
    text = COMMENT.sub(blank, path.read_text(encoding="utf-8"))
    return [(token, number) for number, line in enumerate(text.split("\n"), 1) if not line.lstrip().startswith("#include")
            for token in TOKEN.findall(line)]


def sources(root):
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in (".c", ".h", ".cu"))


def grown(one, other, i, j):
    """How many tokens are the same from there on."""
    n = 0
    while i + n < len(one) and j + n < len(other) and one[i + n][0] == other[j + n][0]:
        n += 1
    return n


def pairs(root):
    """{(file, file): (tokens of the longest stretch, its lines in both)}"""
    files = {path.relative_to(root).as_posix(): tokens_of(path) for path in sources(root)}
    places = collections.defaultdict(list)
    for name, tokens in files.items():
        words = [token for token, _ in tokens]
        for i in range(len(words) - WINDOW + 1):
            places[hash(tuple(words[i:i + WINDOW]))].append((name, i))
    found = {}
    for group in places.values():
        for a in range(len(group)):
            for b in range(a + 1, len(group)):
                (one, i), (other, j) = group[a], group[b]
                if one == other and j - i < WINDOW:
                    continue  # a table's rows are like themselves
                n = grown(files[one], files[other], i, j)
                if n > found.get((one, other), (WINDOW - 1,))[0]:
                    found[one, other] = (n, files[one][i][1], files[other][j][1])
    return found


def known(path):
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {(one, other): int(tokens) for tokens, one, other in lines}


def judge(found, allowed):
    wrong = []
    for pair, (n, line, other_line) in sorted(found.items()):
        if n > allowed.get(pair, 0):
            wrong.append(f"{pair[0]}:{line} and {pair[1]}:{other_line} are the same for {n} tokens; {allowed.get(pair, 'no')} are known")
    for pair, n in sorted(allowed.items()):
        if found.get(pair, (0,))[0] < n:
            wrong.append(f"{pair[0]} and {pair[1]} have {found.get(pair, (0,))[0]} tokens in common where {n} were; "
                         "tests/duplicates.py --write takes note of it")
    return wrong


def write(path, found, allowed, is_first):
    grew = [pair for pair, (n, *_) in found.items() if n > allowed.get(pair, 0)]
    if grew and not is_first:
        sys.exit("not written: " + "; ".join(f"{one}, {other} grew" for one, other in grew))
    lines = [f"{n} {one} {other}\n" for (one, other), (n, *_) in sorted(found.items())]
    path.write_text("# What tests/duplicates.py knows of: tokens that are the same, and the two files. The list only becomes shorter.\n"
                    + "".join(lines))


def self_test():
    body = "\n".join(f"    total += weights[{i}] * values[{i}]; /* {i} */" for i in range(20))
    same = "\n".join(f"    total   +=  weights[{i}]\n * values[{i}];" for i in range(20))
    short = "\n".join(f"    total += weights[{i}] * values[{i}];" for i in range(4))
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in FOLDERS:
            (root / name).mkdir()
        (root / "host/one.c").write_text(f"int one(void)\n{{\n{body}\n}}\n")
        (root / "host/other.c").write_text(f"int other(void)\n{{\n{same}\n}}\n")
        (root / "kernels/short.c").write_text(f"int third(void)\n{{\n{short}\n    return 1;\n}}\n")
        found = pairs(root)
        n = found.get(("host/one.c", "host/other.c"), (0,))[0]
        assert list(found) == [("host/one.c", "host/other.c")] and n >= 200, found
        pair = ("host/one.c", "host/other.c")
        assert judge(found, {pair: n}) == []
        assert len(judge(found, {})) == 1 and len(judge(found, {pair: n - 1})) == 1
        assert len(judge(found, {pair: n + 1})) == 1 and len(judge({}, {pair: n})) == 1
    print("self-test: what was planted is found, and nothing else")


def main():
    if "--self-test" in sys.argv:
        self_test()
        return
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent
    list_path = root / "tests/duplicates.txt"
    found, allowed = pairs(root), known(list_path) if list_path.exists() else {}
    if "--write" in sys.argv:
        write(list_path, found, allowed, not list_path.exists())
        return
    wrong = judge(found, allowed)
    print("\n".join(wrong) if wrong else f"{len(found)} pairs of files share {WINDOW} tokens and more, as many as are known")
    sys.exit(1 if wrong else 0)


main()
