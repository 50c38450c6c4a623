# CSV and NPY hold the same raw rows; --standardized those of the file. Existing files are refused.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
mv corpus/0dB/fan/id_00/normal/00000000.wav 'corpus/0dB/fan/id_00/normal/a, "b".wav'
extract_patches corpus -o features.h5 >/dev/null
earshot export features.h5 -o rows.csv
earshot export features.h5 -o rows.npy
earshot export features.h5 -o stored.npy --standardized --json
/usr/bin/python3 - <<'END'
import csv
import h5py
import numpy as np

rows = list(csv.reader(open("rows.csv", newline="")))
table = list(csv.DictReader(open("rows.recordings.csv", newline="")))
matrix, stored = np.load("rows.npy"), np.load("stored.npy")
with h5py.File("features.h5") as f:
    print(matrix.shape, matrix.dtype, np.array_equal(stored, f["features"][:]))
    group = f["standardization/fan/id_00/0dB"]
    undone = f["features"][0] * group["scale"][:] + group["mean"][:]
    print(np.abs(undone - matrix[0]).max() < 1e-6)
    print([row["path"] for row in table] == list(f["recordings/path"].asstr()))
print(rows[0][:3], rows[3][:2], np.array_equal(matrix, np.array([row[2:] for row in rows[1:]], "f4")))
END
earshot export features.h5 -o rows.npy || echo $?
earshot export features.h5 -o rows.npy --overwrite >/dev/null
earshot export features.h5 -o rows.txt || echo $?
earshot export features.h5 -o missing/rows.csv || echo $?
ls
