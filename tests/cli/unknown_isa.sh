. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
EARSHOT_ISA=avx9 extract_patches corpus -o features.h5 --backend cpu
