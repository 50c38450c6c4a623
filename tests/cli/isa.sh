# EARSHOT_ISA=generic gives the same features within the stated bound, and the file says which it was.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_tiny corpus/0dB/fan -o best.h5 >/dev/null
EARSHOT_ISA=generic extract_tiny corpus/0dB/fan -o generic.h5 >/dev/null
/usr/bin/python3 - <<'END'
import h5py, numpy
def raw(name):
    f = h5py.File(name)
    group = f["standardization/fan/id_00/0dB"]
    return f["features"][()] * group["scale"][()] + group["mean"][()]
a, b = raw("best.h5"), raw("generic.h5")
print(numpy.abs(a - b).max() <= 1e-4 * numpy.abs(a).max(), h5py.File("generic.h5").attrs["device"])
END
