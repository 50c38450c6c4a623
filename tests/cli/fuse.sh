# Several detectors, and two of them as one: in eval's table and results.csv under their own names; learned, saved and scored.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 8 --abnormal 4 --machines fan
extract_patches corpus -o features.h5 >/dev/null
earshot eval features.h5 -o results --detector gmm,fuse:gmm+bgmm --components 2 --reg-covar 1e-2 --seeds 2 --quiet >/dev/null
cut -d, -f1-6 results/results.csv
earshot fit features.h5 -o model.h5 --detector fuse:gmm+bgmm --components 2 --reg-covar 1e-2 --quiet >/dev/null
earshot score model.h5 features.h5 --quiet | wc -l
earshot show model.h5 | grep -o 'detector fuse:gmm+bgmm'
earshot fit features.h5 -o other.h5 --detector fuse:gmm || echo $?
earshot eval features.h5 -o twice --detector fuse:gmm+bgmm,gmm,fuse:gmm+bgmm || echo $?
