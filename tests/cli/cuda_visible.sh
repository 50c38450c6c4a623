# CUDA_VISIBLE_DEVICES is the runtime's: earshot counts the cards that are left, in their order, and says so where none is.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="cards=4"
works_on() { # CARDS OPTION…: what extract says, and the machine's cards that it used
    CUDA_VISIBLE_DEVICES=$1 EARSHOT_SIM="cards=4 report=1" extract_patches corpus -o features.h5 --overwrite --backend cuda \
        --batch 1 "${@:2}" 2>said >/dev/null || echo "exit code $?"
    sed -n 's/^earshot: //p; s/.* \([0-9]* cards ([0-9 ]*)\).*/\1/p' said
}
for cards in 2,1 0,2,-1,1 ""; do
    echo "CUDA_VISIBLE_DEVICES=\"$cards\""
    CUDA_VISIBLE_DEVICES=$cards earshot devices | grep -E '^(cuda|[0-9]) '
    works_on "$cards"
done
works_on 2,1 --device 1
works_on 2,1 --device 2
works_on 3,1 --devices all
works_on 3 --devices 0,1
CUDA_VISIBLE_DEVICES='' earshot devices --json | grep -oE '"reason":"([^"\\]|\\.)*","cards":\[\]'
CUDA_VISIBLE_DEVICES='' extract_patches corpus -o features.h5 --overwrite >/dev/null && echo "auto goes on to the CPU"
