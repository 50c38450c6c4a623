#!/bin/bash
# ThreadSanitizer sees what threads do to each other: threads.sh BUILD-FOLDER [FROM]
# Builds earshot there with it, and lets each command below run with more threads than cores. A race, or a lock taken in
# two orders, is told and ends this with exit code 1. FROM: begin with the first command whose words contain this, on the
# files of the run before ("fit q.h5 -o m.h5 --detector lof"). To add a command: a line `run …` at the end.
set -euo pipefail

build=${1:?"usage: threads.sh BUILD-FOLDER [FROM]"} from=${2:-}
build=$(realpath -m "$build")
here=$(realpath "$(dirname "$0")")
if ! echo 'int main(void) { return 0; }' | gcc -fsanitize=thread -x c - -o "$build.probe" 2>/dev/null || ! setarch -R "$build.probe"; then
    rm -f "$build.probe"
    echo "SKIPPED: programs of gcc -fsanitize=thread do not run here"
    exit 77
fi
rm -f "$build.probe"
cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS="-fsanitize=thread" \
    -DEARSHOT_TESTS=OFF -DEARSHOT_BENCH=OFF -DEARSHOT_CUDA=off >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" --target earshot >"$build.log" 2>&1 || { tail -50 "$build.log"; exit 1; }

rm -f "$build.log"

work=$build/work
[[ -n $from ]] || rm -rf "$work"
mkdir -p "$work"
cd "$work"
export TSAN_OPTIONS="suppressions=$here/threads.supp exitcode=66 second_deadlock_stack=1" EARSHOT_CUDA_PLUGIN=none
# Addresses that are not shuffled: the sanitizer's own memory must be free.
watcher=(setarch -R "$build/earshot") sign="WARNING: ThreadSanitizer" found="threads get into each other's way"
source "$here/watched.sh"

run synth corpus --seconds 2.2 --machines fan,pump --normal 6 --abnormal 3
run extract corpus -o f.h5 --network squeezenet1_1 --weights seeded:1 --threads 4 --shard-size 4
run extract corpus -o p.h5 --network patch --threads 4 --shard-size 3 --metrics-file m.prom
run extract corpus -o q.h5 --network patch --n-mels 16 --patch 16 --offset 16 --threads 4
for detector in gmm bgmm iforest ocsvm kde knn lof mahalanobis pca level fuse:knn+pca; do
    more=()
    [[ $detector != *gmm ]] || more=(--components 2 --reg-covar 1e-2)
    run fit q.h5 -o m.h5 --detector $detector "${more[@]}" --threads 4 --overwrite
done
run fit p.h5 -o d.h5 --detector small_dcae --epochs 2 --threads 4 --overwrite
run score m.h5 corpus --threads 4
run fit f.h5 -o s.h5 --detector knn --threads 4 --overwrite
tail -q -c +45 corpus/0dB/fan/id_00/*/*.wav >stream.pcm
run listen --model s.h5 --group fan --window 2 --hop 0.5 --behind wait --queue 2 --threads 4 <stream.pcm
for service in serve listen; do
    watcher=(setarch -R /usr/bin/python3 "$here/thread_services.py")
    run $service "$build/earshot"
    watcher=(setarch -R "$build/earshot")
done
run eval q.h5 -o results --detector gmm,knn --components 2 --reg-covar 1e-2 --seeds 3 --threads 4 --overwrite
run sweep corpus -o sweep --network squeezenet1_1 --weights seeded:1 --offset 16,32 --detector knn --seeds 2 --threads 4 --overwrite
exit $failed
