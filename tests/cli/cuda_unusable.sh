# Each reason why the card cannot be used: one sentence, exit code 6; `auto` goes on to the CPU.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN
for wrong in driver=0 driver=12040 cards=0 "major=6 minor=1" fail_at=1 "fail_call=cufftExec fail_at=1" lost_at=12; do
    code=0
    EARSHOT_SIM=$wrong extract_patches corpus/0dB/fan -o features.h5 --overwrite --backend cuda || code=$?
    echo "$wrong: $code"
done
extract_patches corpus/0dB/fan -o features.h5 --overwrite --backend cuda --device 3 || echo "--device 3: $?"
EARSHOT_SIM=driver=0 earshot extract corpus/0dB/fan --network patch --progress none --overwrite -o features.h5 >/dev/null
EARSHOT_SIM="cards=2 driver=13010" earshot devices | grep -v "^cpu\|^ref\|auto"
EARSHOT_SIM=driver=12040 earshot devices --json | grep -oE '"cards": ?\[\]|"driver_[a-z]*": ?"[^"]*"'
