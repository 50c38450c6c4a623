# Shards on three machines and a merge give the bytes of one run.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o whole.h5 --shard-size 3 >/dev/null
for shard in 2/3 0/3 1/3; do
    extract_patches corpus -o parts.h5 --shard-size 3 --shard $shard >/dev/null
done
ls
earshot merge parts.h5 --quiet >/dev/null
cmp whole.h5 parts.h5 && echo the same
ls -d parts.h5*
