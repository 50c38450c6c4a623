#!/usr/bin/env python3
"""How long files and functions are: sizes.py [ROOT] prints the median, the 90 % and the largest, and fails above the limits;
sizes.py --self-test plants what is too long.

A function is counted from its name's line to its closing brace. C is told by its layout (CONTRIBUTING.md: the brace of a function
alone at the left margin), Python by its own parser, shell by `name() {` and a `}` at the margin. What is longer with a reason
stands in REASONS, and an entry that is not needed any more is a failure.
"""

import ast
import pathlib
import re
import statistics
import sys
import tempfile

MOST_FILE, MOST_FUNCTION = 600, 80

# "path" or "path: function" → why it is longer.
REASONS = {}

KINDS = {"host, kernels, cuda": r"(host|kernels|cuda)/.*\.(c|h|cu)$", "tests, bench": r"(tests|bench)/.*\.(c|h|cu)$",
         "Python": r".*\.py$", "shell": r".*\.sh$"}
NAME = re.compile(r"(\w+)\(")


def c_functions(lines):
    """(name, lines) of each; a signature may take several lines, none of which ends a statement or a comment."""
    start = None
    for i, line in enumerate(lines):
        if line == "{" and start is None:
            start = i - 1
            while start > 0 and lines[start - 1] and not re.search(r"([;}]|\*/)$", lines[start - 1]) and lines[start - 1][0] != "#":
                start -= 1
        elif line == "}" and start is not None:
            name = NAME.search(" ".join(lines[start:i]))
            yield name[1] if name else lines[start], i - start + 1
            start = None


def python_functions(lines):
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def shell_functions(lines):
    name, start = None, 0
    for i, line in enumerate(lines):
        if opened := re.match(r"(\w+)\(\) \{$", line):
            name, start = opened[1], i
        elif line == "}" and name:
            yield name, i - start + 1
            name = None


def functions(path, lines):
    if path.endswith(".py"):
        return python_functions(lines)
    return shell_functions(lines) if path.endswith(".sh") else c_functions(lines)


def sources(root):
    for path in sorted(root.rglob("*.*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part.startswith((".", "build", "test-")) or part == "__pycache__" for part in parts[:-1]):
            yield "/".join(parts), path


def measure(root):
    """kind → ([(lines, path)] of files, [(lines, "path: name")] of functions)"""
    found = {kind: ([], []) for kind in KINDS}
    for path, file in sources(root):
        for kind, pattern in KINDS.items():
            if re.fullmatch(pattern, path):
                lines = file.read_text().splitlines()
                found[kind][0].append((len(lines), path))
                found[kind][1].extend((length, f"{path}: {name}") for name, length in functions(path, lines))
    return found


def table_lines(found):
    yield f"{'':22}{'number':>7}{'median':>8}{'90 %':>6}{'most':>6}"
    for kind, of_kind in found.items():
        for what, sizes in zip(("files", "functions"), of_kind):
            if sizes:
                lengths = sorted(length for length, _ in sizes)
                yield (f"{kind + ', ' + what:<32}"[:32] + f"{len(lengths):>6}{statistics.median(lengths):>8.0f}"
                       f"{lengths[int(0.9 * (len(lengths) - 1))]:>6}{lengths[-1]:>6}  {max(sizes)[1]}")


def wrong(found, reasons):
    too_long = {name: (length, most) for of_kind in found.values()
                for sizes, most in zip(of_kind, (MOST_FILE, MOST_FUNCTION)) for length, name in sizes if length > most}
    for name, (length, most) in too_long.items():
        if name not in reasons:
            yield f"{name}: {length} lines, {most} at most without a reason"
    yield from (f"{name} stands among the reasons, and is not that long" for name in reasons if name not in too_long)


def self_test():
    """One of each kind that is too long, one that is not, a reason that is needed and one that is not: all are told."""
    long_body = "    f();\n" * MOST_FUNCTION
    planted = {"host/long.c": "/* words */\nstatic int twice(int a,\n                 int b)\n{\n" + long_body + "}\n",
               "host/fine.h": "struct s {\n    int a;\n};\n\nint f(void)\n{\n    return 1;\n}\n",
               "tests/far.c": "int a;\n" * (MOST_FILE + 1), "bench/known.c": "int a;\n" * (MOST_FILE + 1),
               "tests/long.py": "def far():\n" + long_body, "tests/long.sh": "far() {\n" + long_body + "}\n"}
    with tempfile.TemporaryDirectory() as folder:
        for path, text in planted.items():
            file = pathlib.Path(folder) / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text.replace(";", "") if path.endswith(".py") else text)
        found = measure(pathlib.Path(folder))
    told = sorted(words.split(" lines")[0].split(" stands")[0] for words in wrong(found, {"bench/known.c": "", "host/fine.h": ""}))
    expected = ["host/fine.h", f"host/long.c: twice: {MOST_FUNCTION + 4}", f"tests/far.c: {MOST_FILE + 1}",
                f"tests/long.py: far: {MOST_FUNCTION + 1}", f"tests/long.sh: far: {MOST_FUNCTION + 2}"]
    if told != expected:
        sys.exit(f"self-test: told {told}\nexpected {expected}")
    print(f"self-test: all {len(expected)} planted faults found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = measure(root)
    mistakes = list(wrong(found, REASONS))
    print("\n".join([*table_lines(found), *mistakes]))
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main()
