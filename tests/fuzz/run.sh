#!/bin/bash
# Fuzzes with libFuzzer: run.sh BUILD-FOLDER SECONDS [NAME...]
# Builds the targets there with clang (AddressSanitizer, UBSan), and lets each of them, or those named, make inputs of
# its own for SECONDS. Inputs that reach new code stay in BUILD-FOLDER/found/NAME; what kills a target is kept as
# BUILD-FOLDER/crash-NAME-…, is told, and ends this with exit code 1.
set -euo pipefail

build=${1:?"usage: run.sh BUILD-FOLDER SECONDS [NAME...]"} seconds=${2:?"seconds a target"}
shift 2
here=$(realpath "$(dirname "$0")")
# A hostile file may not ask for more than this (MiB), whatever it says of itself.
limits=(-rss_limit_mb=2048 -malloc_limit_mb=512 -timeout=20 -max_len=16384)
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

for tool in clang cmake ninja; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool here; apt-get install clang libclang-rt-14-dev"; exit 77; }
done
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n == 7; }' |
    clang -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null; then
    echo "SKIPPED: clang has no libFuzzer here; apt-get install libclang-rt-14-dev"
    exit 77
fi

cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DEARSHOT_FUZZ=ON \
    -DEARSHOT_SANITIZE=ON -DEARSHOT_BENCH=OFF -DEARSHOT_CUDA=off >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" --target fuzzers >"$build.log" 2>&1 || { tail -50 "$build.log"; exit 1; }
rm -f "$build.log"

fuzz() {
    local name=$1 found=$build/found/$1 log=$build/$1.log
    local -a words=()
    [[ ! -f $here/dictionaries/$name.dict ]] || words=(-dict="$here/dictionaries/$name.dict")
    mkdir -p "$found"
    if nice -n 5 "$build/tests/fuzz/fuzz_$name" "${limits[@]}" "${words[@]}" -max_total_time="$seconds" \
        -artifact_prefix="$build/crash-$name-" -print_final_stats=1 "$found" "$here/corpus/$name" >"$log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, $(find "$found" -type f | wc -l) reached new code"
    else
        grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse|INITED|RELOAD)' "$log" | head -60
        echo "$name: DIED; the input is $build/crash-$name-…"
        return 1
    fi
}

names=("$@")
((${#names[@]})) || mapfile -t names < <(sed -nE 's/^earshot_fuzz\((\w+) .*/\1/p' "$here/CMakeLists.txt" | grep -vx hdf5)
failed=0
for name in "${names[@]}"; do
    fuzz "$name" || failed=1
done
exit $failed
