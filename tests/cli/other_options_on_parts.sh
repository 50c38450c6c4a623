# Parts of other options are not continued: exit 2 and the option's name; --overwrite begins anew.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 --shard-size 3 --shard 0/3 >/dev/null
extract_patches corpus -o features.h5 --shard-size 3 --shard 1/3 --hop-length 128 || echo $?
extract_patches corpus -o features.h5 --shard-size 3 --hop-length 128 --overwrite >/dev/null
ls
