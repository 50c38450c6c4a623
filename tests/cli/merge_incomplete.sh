# Parts that are missing are told, and nothing is written.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o parts.h5 --shard-size 3 --shard 0/3 >/dev/null
earshot merge parts.h5 --quiet || code=$?
ls
exit $code
