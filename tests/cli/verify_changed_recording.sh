# A recording that changed since it was extracted is found and named.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_patches corpus -o features.h5 >/dev/null
cp corpus/0dB/fan/id_00/abnormal/00000000.wav corpus/0dB/fan/id_00/normal/00000000.wav
earshot verify features.h5 --quiet
earshot verify features.h5 --quiet --recompute 8
