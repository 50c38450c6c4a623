# The same seeds give the same table, whatever the threads.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
earshot eval features.h5 -o a --components 2 --reg-covar 1e-2 --seeds 2 --threads 1 --quiet >/dev/null
earshot eval features.h5 -o b --components 2 --reg-covar 1e-2 --seeds 2 --threads 2 --quiet >/dev/null
cmp a/results.csv b/results.csv && echo the same
