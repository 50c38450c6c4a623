#!/bin/bash
# A sweep against the same settings one by one: 2 networks × 2 offsets × 3 detectors × 5 seeds.
#   bench/sweep_shared.sh EARSHOT [ROUNDS] [RECORDINGS of a machine] [NETWORKS] [OFFSETS]
# Each round runs, one after the other, on the same recordings:
#   sweep     one `earshot sweep`
#   runs      for each of the 12 settings an `extract` and an `eval`
#   careful   what a person would do who knows that detectors can share features: 4 `extract`s, 4 `eval`s with
#             three detectors each
# and prints seconds, and in brackets those of the CPU, which other programs disturb less; at the end the medians of
# the rounds' ratios of both.
set -euo pipefail

earshot=$(realpath "${1:?"usage: bench/sweep_shared.sh EARSHOT [ROUNDS] [RECORDINGS] [NETWORKS] [OFFSETS]"}")
rounds=${2:-3} recordings=${3:-20} networks=${4:-squeezenet1_1,resnet18} offsets=${5:-16,32}
detectors=gmm,knn,iforest
fits=(--components 4 --reg-covar 1e-3 --seeds 5 --quiet)
common=(--weights seeded:1 --quiet)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$earshot" synth corpus --machines fan,valve --seconds 10 --normal $((recordings * 2 / 3)) \
    --abnormal $((recordings / 3)) --quiet >/dev/null
echo "$(find corpus -name '*.wav' | wc -l) recordings of 10 s; networks $networks, offsets $offsets, detectors $detectors, 5 seeds"

sweep() {
    "$earshot" sweep corpus -o sweep --network "$networks" --offset "$offsets" --detector "$detectors" \
        "${common[@]}" "${fits[@]}" >/dev/null
}

# extract_and_eval NETWORK OFFSET DETECTORS
extract_and_eval() {
    "$earshot" extract corpus -o features.h5 --overwrite --network "$1" --offset "$2" "${common[@]}" >/dev/null
    "$earshot" eval features.h5 -o results --overwrite --detector "$3" "${fits[@]}" >/dev/null
}

one_by_one() {
    local network offset detector
    for network in ${networks//,/ }; do
        for offset in ${offsets//,/ }; do
            for detector in "$@"; do extract_and_eval "$network" "$offset" "$detector"; done
        done
    done
}

# Seconds of a command, and of the CPU: "12.3 20.1"
seconds() {
    local TIMEFORMAT='%R %U %S'
    { time "$@"; } 2>&1 | awk '{ printf "%.2f %.2f", $1, $2 + $3 }'
}

for ((round = 1; round <= rounds; round++)); do
    rm -rf sweep features.h5 results
    a=$(seconds sweep)
    b=$(seconds one_by_one ${detectors//,/ })
    c=$(seconds one_by_one "$detectors")
    echo "round $round: sweep ${a/ / s (}), runs ${b/ / s (}), careful ${c/ / s (})"
    awk '{ print $1 / $3, $2 / $4, $1 / $5, $2 / $6 }' <<<"$a $b $c" >>ratios
done

# The middle one of the column's values.
median() {
    cut -d' ' -f"$1" ratios | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.2f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}
echo "sweep / runs: $(median 1) of the time, $(median 2) of the CPU's; sweep / careful: $(median 3), $(median 4);" \
    "medians of $rounds rounds"
