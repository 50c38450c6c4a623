# A card takes several recordings at once, on two lanes; where its memory is taken it takes fewer, says so and goes on.
# The bytes are the same.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 3 --abnormal 2
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="timing=shuffled seed=5 memory=256 report=1"
by_card() {
    extract_tiny corpus/0dB/fan --backend cuda "$@" >/dev/null
}
by_card -o one.h5 --batch 1
by_card -o five.h5 --batch 5
cmp one.h5 five.h5 && echo "the same in batches"
# Enough for one lane of 8 patches or two of 4.
EARSHOT_SIM="memory=256 taken=166 report=1" by_card -o halved.h5 --batch 5
cmp one.h5 halved.h5 && echo "the same on a card that is taken"
EARSHOT_SIM="memory=64 taken=63" by_card -o none.h5 || echo "exit $?"
