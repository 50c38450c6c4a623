# Parts by three tasks, joined: the same bytes as in one go. Missing parts are named.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 2 --abnormal 1
earshot merge features.h5 || echo $?
for shard in 0/3 2/3; do extract_patches corpus -o features.h5 --shard-size 2 --shard $shard >/dev/null; done
earshot merge features.h5 || echo $?
earshot show features.h5.parts/part-000000.h5 | head -n 1
extract_patches corpus -o features.h5 --shard-size 2 --shard 1/3 >/dev/null
earshot merge features.h5
extract_patches corpus -o at_once.h5 >/dev/null
cmp features.h5 at_once.h5
ls -d features.h5*
earshot merge features.h5 || echo $?
