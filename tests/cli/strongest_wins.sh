# Command line over environment over file.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
printf 'n-mels: 16\nhop-length: 128\noffset: 60\n' >settings.yaml
EARSHOT_N_MELS=32 EARSHOT_HOP_LENGTH=512 extract_patches corpus/0dB/fan -o features.h5 --config settings.yaml \
    --n-mels 8 --patch 16 >/dev/null
/usr/bin/python3 - <<'END'
import h5py
f = h5py.File("features.h5")
print(*(f.attrs[name] for name in ["n_mels", "hop_length", "offset", "patch"]))
END
