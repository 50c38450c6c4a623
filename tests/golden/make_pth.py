#!/usr/bin/env python3
"""Makes tests/golden/pth/*.pth, small files as torch.save writes them, and files that must be refused.

    /path/to/venv/bin/python tests/golden/make_pth.py

Needs torch. The numbers are small whole ones, so that half and bfloat16 hold them exactly: tensor "a" is
0 ... 11 as [3][4], "b" is -1 ... -5 as [5], "steps" is the integer 7. pth/versions.txt says what made them.
"""
import collections
import os
import pathlib
import platform
import zipfile

import torch

OUT = pathlib.Path(__file__).parent / "pth"

a = torch.arange(12, dtype=torch.float32).reshape(3, 4)
b = -torch.arange(1, 6, dtype=torch.float32)
steps = torch.tensor(7)


class Command:
    """Unpickled by Python, it would run a command."""

    def __reduce__(self):
        return os.system, ("true",)


def save(name, value, **options):
    torch.save(value, OUT / name, **options)


def rewrite(name, source, change):
    """`source` with each entry's bytes passed through change(entry name, bytes)."""
    with zipfile.ZipFile(OUT / source) as old, zipfile.ZipFile(OUT / name, "w") as new:
        for entry in old.namelist():
            new.writestr(zipfile.ZipInfo(entry), change(entry, old.read(entry)))


def main():
    OUT.mkdir(exist_ok=True)
    table = {"a": a, "b": b, "steps": steps}
    save("dict.pth", table)
    ordered = collections.OrderedDict(table)
    ordered._metadata = collections.OrderedDict({"": {"version": 1}})
    save("ordered.pth", ordered)
    save("half.pth", {"a": a.half(), "b": b.half(), "steps": steps})
    save("bfloat16.pth", {"a": a.bfloat16(), "b": b.bfloat16(), "steps": steps})
    wide = torch.full((6, 10), -9.0)
    view = wide[1:5, 2:8:2].t()  # [3][4] with strides 2 and 10, 12 elements into a storage of 60
    view.copy_(a)
    both = torch.cat([torch.zeros(3), b])
    save("strides.pth", {"a": view, "b": both[3:], "steps": steps})
    shared = torch.cat([a.flatten(), b])
    save("shared.pth", {"a": shared[:12].reshape(3, 4), "b": shared[12:], "steps": steps})
    save("parameter.pth", {"a": torch.nn.Parameter(a), "b": torch.nn.Parameter(b), "steps": steps})

    save("command.pth", {"a": a, "b": Command()})
    save("double.pth", {"a": a.double()})
    save("nested.pth", {"epoch": 3, "state_dict": table})
    save("list.pth", [a, b])
    save("legacy.pth", table, _use_new_zipfile_serialization=False)
    rewrite("big_endian.pth", "dict.pth", lambda entry, data: b"big" if entry.endswith("byteorder") else data)
    rewrite("short_storage.pth", "dict.pth", lambda entry, data: data[:-4] if entry.endswith("data/0") else data)
    far = bytes([ord("K"), 0, ord("K"), 3, ord("K"), 4])  # offset 0, sides 3 and 4 of "a"
    assert far in (OUT / "dict.pth").read_bytes()
    rewrite("outside.pth", "dict.pth", lambda entry, data: data.replace(far, far[:1] + b"\x01" + far[2:]))
    with zipfile.ZipFile(OUT / "compressed.pth", "w", zipfile.ZIP_DEFLATED) as new:
        with zipfile.ZipFile(OUT / "dict.pth") as old:
            for entry in old.namelist():
                new.writestr(entry, old.read(entry))
    with zipfile.ZipFile(OUT / "other.zip", "w") as new:
        new.writestr(zipfile.ZipInfo("readme.txt"), "no weights here")

    (OUT / "versions.txt").write_text(f"torch {torch.__version__}\nPython {platform.python_version()}\n")


if __name__ == "__main__":
    main()
