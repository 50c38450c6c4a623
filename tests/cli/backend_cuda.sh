# Named, it must be there: no silent fall-back to the CPU. `auto` takes the CPU and says why.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
export EARSHOT_CUDA_PLUGIN=$PWD/none.so
earshot extract corpus --network patch --progress none -o by_auto.h5 >/dev/null
extract_patches corpus -o features.h5 --backend cuda || code=$?
ls -d *.h5
exit $code
