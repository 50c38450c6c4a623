#!/bin/bash
# All questions beside all peers: run_all.sh BUILD [full|quick]. Peers come from PyPI into BUILD/bench-venv (6.4 GB, once).
# full: an hour, the results become RESULTS.md, results.json and speed.svg here. quick: 9 minutes, some
# cases and few rounds, to see that all is well; its results stay in BUILD/bench-quick.
set -euo pipefail

build=$(realpath "${1:?"usage: run_all.sh BUILD [full|quick]"}")
mode=${2:-full}
here=$(dirname "$0")
[[ $mode == full || $mode == quick ]] || { echo "$mode: full or quick expected"; exit 2; }
venv=$build/bench-venv
results=$build/bench-$mode
networks=resnet34,resnet18,squeezenet1_1,alexnet
failed=""

install_peers() {
    if [[ ! -x $venv/bin/python ]]; then
        python3 -m venv "$venv" || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
    fi
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/peers.txt"
}

# ask QUESTION FILE [options]: one that fails does not stop the others
ask() {
    local question=$1 file=$2
    shift 2
    PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/$question.py" "$build" --json "$results/$file.json" "$@" ||
        failed+=" $file"
}

# The same again on this instruction set, where peers have a wider one that earshot does not use.
held_to_avx2() {
    grep -q avx512f /proc/cpuinfo || return 0
    ask net net-avx2 --isa avx2 --peers "OpenVINO, latency;OpenVINO, throughput;PyTorch, compiled channels_last" "$@"
}

run_full() {
    ask net net --only $networks --seconds 0.9
    ask net net-one --only ${networks//,/-one,}-one --seconds 0.4
    held_to_avx2 --only $networks --seconds 0.9
    ask line line
    ask serve serve --only resnet18,resnet34,squeezenet1_1,resnet34-one --rounds 3 --seconds 6
    ask serve serve-latency --only resnet18-latency --rounds 1 --seconds 6
    ask stages stages --rounds 3
    ask em em --only 512x80,512x8,2048x80,kmeans
    ask em fits --only fits --rounds 3
    ask detectors detectors
    ask dcae dcae
    ask memory memory --rounds 1
}

run_quick() {
    ask net net --only resnet18,squeezenet1_1 --rounds 2 --seconds 0.5
    ask line line --only squeezenet1_1 --rounds 1
    ask serve serve --only squeezenet1_1 --rounds 1 --seconds 3
    ask stages stages --only resnet18 --rounds 1 --seconds 0.5
    ask em em --only 512x80,kmeans --rounds 2 --seconds 0
    ask detectors detectors --only kde,knn,iforest,ocsvm --rounds 1 --seconds 0
    ask dcae dcae --only small_dcae --rounds 1
    ask memory memory --only resnet34,squeezenet1_1 --rounds 1
}

main() {
    install_peers
    rm -rf "$results"
    mkdir -p "$results"
    SECONDS=0
    run_$mode
    local output=$here
    [[ $mode == full ]] || output=$results
    PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/results.py" "$results" "$output"
    [[ $mode == quick ]] || "$here/performance_page.py"
    echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
    [[ -z $failed ]] || { echo "failed:$failed"; exit 1; }
    exit
}

main # read to its end before it begins
