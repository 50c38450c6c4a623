# Every intermediate array, and the pictures.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
earshot trace corpus/0dB/fan/id_00/normal/00000000.wav -o trace.h5 --png pictures --network squeezenet1_1 \
    --weights seeded:1 --quiet >/dev/null
ls pictures
/usr/bin/python3 - <<'END'
import h5py
f = h5py.File("trace.h5")
for name in ["samples", "power", "mel", "decibel", "patch", "image", "feature"]:
    print(name, f[name].size)
END
