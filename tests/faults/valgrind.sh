#!/bin/bash
# The main job under valgrind: valgrind.sh EARSHOT. An access that is wrong, a value that nobody set, or memory that is
# lost ends it with exit code 1. The corpus is small: a command takes some fifty times as long here. valgrind knows AVX2 and
# no AVX-512, so the kernels are those of AVX2.
set -euo pipefail

earshot=$(realpath "${1:?"usage: valgrind.sh EARSHOT"}")
here=$(realpath "$(dirname "$0")")
if ! command -v valgrind >/dev/null; then
    echo "SKIPPED: valgrind is missing"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export EARSHOT_CUDA_PLUGIN=none
watcher=(valgrind --quiet --error-exitcode=66 --leak-check=full --errors-for-leak-kinds=definite,indirect --trace-children=yes
    "$earshot") sign="^==[0-9]*==" found="valgrind found something"
source "$here/watched.sh"

run synth corpus --seconds 1.2 --machines fan --normal 6 --abnormal 3
run extract corpus -o f.h5 --network squeezenet1_1 --weights seeded:1 --threads 2
run extract corpus -o p.h5 --network patch --threads 2
run fit f.h5 -o model.h5 --detector gmm --components 2 --reg-covar 1e-2
run fit p.h5 -o trained.h5 --detector small_dcae --epochs 1
run score model.h5 corpus/*/*/*/abnormal --as fan
run eval f.h5 -o results --detector gmm,bgmm,iforest,ocsvm,kde,knn,level --components 2 --reg-covar 1e-2 --seeds 1
run merge f.h5 --resume
run show f.h5
run verify f.h5
exit $failed
