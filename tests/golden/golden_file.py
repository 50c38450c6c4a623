"""Golden files: small HDF5 files that hold inputs and what independent programs answered to them.

Every array is a vector or a matrix, packed; every file says which versions answered.
"""

import os
import platform

import h5py
import librosa
import matplotlib
import numpy
import sklearn
import torch
import torchvision

FOLDER = os.path.dirname(os.path.abspath(__file__))

SMALL = 4096  # bytes; packing what is smaller makes it larger

VERSIONS = {
    "python": platform.python_version(),
    "numpy": numpy.__version__,
    "librosa": librosa.__version__,
    "matplotlib": matplotlib.__version__,
    "torch": str(torch.__version__),
    "torchvision": torchvision.__version__,
    "scikit_learn": sklearn.__version__,
}


class GoldenFile:
    """One golden file; the same arrays give the same bytes."""

    def __init__(self, name):
        self.path = os.path.join(FOLDER, name)
        self.file = h5py.File(self.path, "w", track_order=True, libver=("v108", "v108"))  # as host/io/store.c
        self.set("/", **VERSIONS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        print(f"{self.path}: {os.path.getsize(self.path)} bytes")

    def put(self, name, array, exact=False):
        """Writes an array; more than two dimensions become [first][all others].

        Whole numbers are kept as int32, doubles as floats (half an ulp is 3e-8 of a value, far below every
        tolerance) unless they are to stay exact.
        """
        array = numpy.ascontiguousarray(array)
        if array.dtype.kind in "iu":
            array = array.astype(numpy.int32)
        if array.dtype == numpy.float64 and not exact:
            array = array.astype(numpy.float32)
        if array.ndim > 2:
            array = array.reshape(array.shape[0], -1)
        packed = dict(compression="gzip", compression_opts=9, shuffle=True, chunks=array.shape)
        self.file.create_dataset(name, data=array, **(packed if array.nbytes > SMALL else {}))

    def set(self, name, **attributes):
        """Sets attributes of a group: whole numbers, floats or texts."""
        group = self.file[name] if name in self.file else self.file.create_group(name, track_order=True)
        for key, value in attributes.items():
            if isinstance(value, (bool, int)):
                value = numpy.int64(value)
            elif isinstance(value, float):
                value = numpy.float64(value)
            group.attrs[key] = value
