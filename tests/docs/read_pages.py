#!/usr/bin/env python3
"""What pages say of files, held to the tree: read_pages.py SOURCE

Every link leads somewhere; every path between `backticks` is there; and a README names what its folder holds: in docs/ each
page, in tests/ and host/ each folder, in bench/ each script, in kernels/ each .cu file and each stage, in cuda/ each source.
"""

import fnmatch
import pathlib
import re
import sys

FOLDERS = "bench|cmake|cuda|docker|docs|host|kernels|tests|weights"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"^(?:{FOLDERS})/[\w./-]+$")
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# Worked examples make files; CONTRIBUTING tells the layers, also those that are still empty.
TOLD_LATER = ("add-a-", "CONTRIBUTING")

# README: what its folder holds that it has to name, as (pattern, what a file is called there)
HOLDINGS = {
    "docs/README.md": [("*.md", "name")],
    "tests/README.md": [("*/", "folder"), ("*.sh", "name"), ("*.py", "name")],
    "host/README.md": [("*/", "folder")],
    "bench/README.md": [("*.py", "name"), ("*.sh", "name")],
    "kernels/README.md": [("*.cu", "name"), ("*_ref.c", "stage")],
    "cuda/README.md": [("*.c", "name")],
    "docker/README.md": [("*", "name"), ("*/", "folder")],
}


def markdown(root):
    return sorted(page for page in root.rglob("*.md") if not any(
        part.startswith((".", "build")) for part in page.relative_to(root).parts[:-1]))


def named(folder, pattern, how):
    """What the README must say for each thing there: (path, words of which one must stand in it)."""
    for path in sorted(folder.glob(pattern.rstrip("/"))):
        if path.name in ("README.md", "CMakeLists.txt") or path.name.startswith((".", "__")) or path.is_dir() != (how == "folder"):
            continue
        if how == "folder":
            yield path, [f"{path.name}/"]
        elif how == "stage":
            yield path, [path.name.removesuffix("_ref.c")]
        else:
            yield path, [path.name]


def is_named(words, spans):
    return any(fnmatch.fnmatch(word, span.rstrip(":")) for word in words for span in spans)


def spans_of(text):
    """Words between backticks: `graph*.c`, `card_gather.c`, `plan/`, `run_all.sh build/earshot`."""
    return {word for span in CODE.findall(BLOCK.sub("", text)) for word in [span, *span.split()]}


def unnamed(root):
    for readme, holdings in HOLDINGS.items():
        page = root / readme
        spans = spans_of(page.read_text())
        spans |= {link.rstrip("/") + "/" for link in LINK.findall(page.read_text())}
        for pattern, how in holdings:
            for path, words in named(page.parent, pattern, how):
                if not is_named(words, spans):
                    yield f"{readme} does not name {path.relative_to(root)}"


def is_there(root, page, path):
    """A path is written from the tree's root, or from the page's own folder; `host/detect/` and `kernels/*.h` are fine."""
    return any(next(start.glob(path.rstrip("/")), None) for start in (root, page.parent))


def lost(root):
    for page in markdown(root):
        text = page.read_text()
        for link in LINK.findall(BLOCK.sub("", text)):
            if not (page.parent / link).exists():
                yield f"{page.relative_to(root)}: a link leads to {link}, which is not there"
        for word in sorted(word for word in spans_of(text) if PATH.match(word)):
            if not page.name.startswith(TOLD_LATER) and not is_there(root, page, word):
                yield f"{page.relative_to(root)}: `{word}` is not there"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = [*lost(root), *unnamed(root)]
    print("\n".join(wrong) or f"{len(markdown(root))} pages say what is there")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
