# Folders that are missing, or are none (tests may run as root, whom no permission stops).
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
touch file
extract_patches corpus -o missing/features.h5 || echo $?
extract_patches corpus -o file/features.h5 || echo $?
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o file/model.h5 --components 1 --quiet || echo $?
earshot eval features.h5 -o file/results --components 1 --held-out 1 --quiet || echo $?
earshot synth file/corpus || echo $?
