#!/usr/bin/env python3
"""Does to a copy of the tree what pages of docs/ tell their reader to do: follow_pages.py SOURCE PAGE...

Pages are followed one after the other in one copy, so that the program is built once. In each page, in order,
  ```c PATH      is a new file
  ```diff PATH   changes one: lines that begin with a space or - must be there, once, and those with + come instead
  ```sh          is run in the copy's root
  ```text        must be found in what the last ```sh printed, line after line
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Wrong(Exception):
    pass


def copy_tree(source, target):
    """What a reader has after cloning: no builds, no history."""
    left_out = shutil.ignore_patterns(".git", "build*", "__pycache__", "test-??????")
    shutil.copytree(source, target, ignore=left_out)


def write_new(root, path, text):
    if (root / path).exists():
        raise Wrong(f"{path} is told to be new, and is there")
    (root / path).write_text(text)


def change(root, path, text):
    lines = text.splitlines()
    if odd := [line for line in lines if line[:1] not in (" ", "-", "+")]:
        raise Wrong(f"{path}: a line of a diff begins with a space, - or +: {odd[0]!r}")
    before = "".join(line[1:] + "\n" for line in lines if line[0] != "+")
    after = "".join(line[1:] + "\n" for line in lines if line[0] != "-")
    old = (root / path).read_text()
    if old.count(before) != 1:
        raise Wrong(f"{path} holds these lines {old.count(before)} times, once was expected:\n{before}")
    (root / path).write_text(old.replace(before, after))


def run(root, commands):
    done = subprocess.run(["bash", "-eu", "-c", commands], cwd=root, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Wrong(f"exit code {done.returncode} of\n{commands}\n{done.stdout[-6000:]}")
    return done.stdout


def expect(printed, text):
    at = 0
    for line in text.splitlines():
        found = printed.find(line.strip(), at)
        if found < 0:
            raise Wrong(f"{line.strip()!r} is not printed there:\n{printed[-6000:]}")
        at = found + len(line.strip())


def follow(root, page):
    """Returns how many blocks there were of each kind."""
    counts, printed = dict.fromkeys(("c", "diff", "sh", "text"), 0), None
    for kind, path, text in BLOCK.findall(page.read_text()):
        if kind not in counts or (kind in ("c", "diff")) != bool(path):
            raise Wrong(f"a block of kind {kind!r} with the path {path!r} is nothing that can be followed")
        counts[kind] += 1
        if kind == "c":
            write_new(root, path, text)
        elif kind == "diff":
            change(root, path, text)
        elif kind == "sh":
            printed = run(root, text)
        else:
            expect(printed or "", text)
    if not all(counts.values()):
        raise Wrong(f"a worked example has files, changes, commands and what they print; found {counts}")
    return counts


def tidy(root):
    """What a page's commands made; the next page may use the same names."""
    for made in [root / "corpus", *root.glob("results"), *root.glob("by-*"), *root.glob("*.h5*")]:
        shutil.rmtree(made) if made.is_dir() else made.unlink(missing_ok=True)


def main():
    source, pages = pathlib.Path(sys.argv[1]).resolve(), [pathlib.Path(name) for name in sys.argv[2:]]
    for name in [name for name in os.environ if name.startswith("EARSHOT_")]:
        del os.environ[name]
    os.environ.update(LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1", EARSHOT_CUDA_PLUGIN="none",
                      PATH=f"/usr/bin:/bin:{os.environ['PATH']}")  # Debian's python3, which has the packages that we list
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve() / "earshot"
        if shutil.which("ccache"):
            os.environ.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CCACHE_BASEDIR=str(root), CCACHE_NOHASHDIR="1")
        copy_tree(source, root)
        for page in pages:
            try:
                print(f"{page.name}: {follow(root, page)}", flush=True)
                tidy(root)
            except Wrong as wrong:
                raise SystemExit(f"{page.name}: {wrong}") from None
        try:
            print("with all of it:", run(root, "tests/layers.sh"), end="")
        except Wrong as wrong:
            raise SystemExit(f"the pages break the tree's promises: {wrong}") from None


if __name__ == "__main__":
    main()
