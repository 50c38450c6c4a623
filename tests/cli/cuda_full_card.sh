# A card without room: fits and distances run on the CPU, each says so, and the answers are the CPU's to the last bit.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan --normal 5 --abnormal 3
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="memory=1 taken=1"
extract_tiny corpus -o features.h5 --segment 2 --backend cpu >/dev/null
for detector in gmm knn; do
    for backend in cuda cpu; do
        earshot fit features.h5 -o $detector-$backend.h5 --backend $backend --detector $detector --components 2 --quiet >/dev/null 2>told || cat told >&2
        earshot score $detector-$backend.h5 features.h5 --backend $backend --quiet >$backend.csv 2>>told || cat told >&2
        sed "s/^/$detector on $backend: /; s/[0-9.]* MiB/N MiB/" told | sort -u
    done
    cmp cuda.csv cpu.csv && echo "the same scores"
done
