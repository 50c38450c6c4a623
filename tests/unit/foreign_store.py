"""Writes an HDF5 file as somebody else might make it, or somebody hostile: foreign_store.py FILE (test_store.c)."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as f:
    f["bytes"] = np.zeros(3, "<i1")
    f["cube"] = np.zeros((2, 2, 2), "<f4")
    f["scalar"] = 1.5
    f["letters"] = np.array([b"abc", b"d"])
    f.create_dataset("huge", (1 << 40, 1 << 20), "<f4", chunks=(16, 16))
    f.create_dataset("outside", (3,), "<i4", external=[("/etc/hostname", 0, 12)])
    layout = h5py.VirtualLayout((3,), "<i4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (3,))
    f.create_virtual_dataset("virtual", layout)
    f["big_endian"] = np.array([1, 2, 3], ">i4")
    f["unsorted/b"], f["unsorted/a"] = [1.0], [2.0]
    f["elsewhere"] = h5py.ExternalLink("/etc/other.h5", "/x")
    f["loop"] = h5py.SoftLink("/loop")
    f.attrs["vector"] = [1, 2, 3]
    f.attrs["truth"] = True
    f.attrs["name"] = "somebody else's"
    f.attrs["answer"] = np.int16(42)
