# Several cards share the recordings; the file is one card's, byte for byte.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 3 --abnormal 2
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="timing=shuffled seed=7 cards=3 memory=256"
by_cards() {
    extract_patches corpus -o "$@" --batch 1
}
by_cards one.h5 --backend cuda >/dev/null
EARSHOT_SIM="$EARSHOT_SIM report=1" by_cards three.h5 --backend cuda --devices all >/dev/null
by_cards two.h5 --backend cuda --devices 2,0 >/dev/null
cmp one.h5 two.h5 && cmp one.h5 three.h5 && echo the same
for wrong in 0,3 0,,1 first 0,1x; do
    by_cards wrong.h5 --backend cuda --devices "$wrong" || echo "$wrong: $?"
done
by_cards wrong.h5 --backend cpu --devices all || echo "cpu: $?"
ls wrong.h5* 2>/dev/null || echo nothing is left
