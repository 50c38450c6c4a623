# Any tool reads a feature file: three lines of h5py.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
cat >three_lines.py <<'END'
import h5py
with h5py.File("features.h5") as f:
    print(f["features"].shape, f["features"].dtype, f["recordings/machine"].asstr()[0], f.attrs["network"])
END
/usr/bin/python3 three_lines.py
