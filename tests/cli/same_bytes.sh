# Equal work gives equal bytes, whatever the threads, the batch, the parts and the name.
. "$CASES/tiny_corpus.sh"
tiny_corpus
mkdir other
extract_tiny corpus -o features.h5 >/dev/null
extract_tiny corpus -o other/again.h5 --threads 1 --batch 3 --shard-size 5 >/dev/null
cmp features.h5 other/again.h5 && echo the same
