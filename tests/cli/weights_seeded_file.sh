# seeded:1 and a file of the same numbers give the same features; only the file's name differs. A model of such a
# file finds it where weights are kept.
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

mkdir kept
mv seeded.safetensors kept/squeezenet1_1.safetensors
earshot fit b.h5 -o model.h5 --detector knn --quiet >/dev/null
EARSHOT_WEIGHTS_DIR=kept earshot score model.h5 corpus/0dB/fan --quiet 2>/dev/null | wc -l
