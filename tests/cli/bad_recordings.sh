# One of every kind among good ones: each is listed with its reason, the good ones go on, exit 3.
. "$CASES/tiny_corpus.sh"
tiny_corpus
folder=corpus/0dB/fan/id_00/normal
/usr/bin/python3 "$CASES/bad_recordings.py" $folder
ln -s nowhere.wav $folder/dangling.wav
extract_patches corpus/0dB/fan -o features.h5 >summary.txt || code=$?
without_speed <summary.txt
/usr/bin/python3 - <<'END'
import h5py
f = h5py.File("features.h5")
table = f["recordings"]
for path, status, patches, error in zip(table["path"], table["status"], table["n_patches"], table["error"]):
    if status != b"ok":
        print(path.decode().split("/")[-1], status.decode(), patches, bool(error))
print(sum(table["n_patches"]), *f["features"].shape)
END
exit $code
