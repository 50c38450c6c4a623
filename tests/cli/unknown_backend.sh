. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_patches corpus -o features.h5 --backend cpx
