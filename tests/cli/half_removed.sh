# Killed after the output was renamed, while its parts were removed: --resume finishes that, and leaves alone what is not its own.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_patches corpus -o features.h5 --shard-size 2 --shard 0/1 >/dev/null
mkdir kept
cp -r features.h5.parts kept/
earshot merge features.h5 --quiet >/dev/null
cp -r kept/features.h5.parts .
rm features.h5.parts/part-000000.h5
touch "features.h5.parts/part-000001.h5.elsewhere-1-00000000-00000000.tmp"
earshot merge features.h5 --resume
ls
cp -r kept/features.h5.parts .
extract_patches corpus -o features.h5 --shard-size 2 --resume
ls
# parts of other options are somebody's work
extract_patches corpus -o other.h5 --shard-size 2 --shard 0/1 --hop-length 128 >/dev/null
mv other.h5.parts features.h5.parts
extract_patches corpus -o features.h5 --shard-size 2 --resume
ls
