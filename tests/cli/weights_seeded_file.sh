# seeded:1 and a file of the same numbers give the same features; only the file's name differs.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
earshot weights seeded squeezenet1_1 --seed 1 -o seeded.safetensors --quiet >/dev/null
extract_tiny corpus/0dB/fan -o a.h5 >/dev/null
earshot extract corpus/0dB/fan -o b.h5 --network squeezenet1_1 --weights seeded.safetensors --quiet >/dev/null
/usr/bin/python3 - <<'END'
import h5py
a, b = h5py.File("a.h5"), h5py.File("b.h5")
print((a["features"][()] == b["features"][()]).all())
END
