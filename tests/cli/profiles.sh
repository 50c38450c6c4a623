# A profile is a name for options; a single option wins over it.
. "$CASES/tiny_corpus.sh"
tiny_corpus --seconds 3 --normal 1 --abnormal 1
for options in "" "--profile librosa" "--profile mimii-baseline" "--profile mimii-baseline --hop-length 256"; do
    extract_tiny corpus/0dB/fan -o features.h5 --overwrite $options >/dev/null
    /usr/bin/python3 - <<'END'
import h5py
a = h5py.File("features.h5").attrs
print(*(a[name] for name in ["profile", "pad_mode", "hop_length", "db_ref", "db_range", "color_range"]))
END
done
