#!/bin/bash
# Which lines and branches of host/, kernels/ and cuda/ the tests run: coverage.sh BUILD-FOLDER SHARED LINES BRANCHES
# Builds earshot and its tests there with gcc's --coverage, runs them, and prints a table (coverage_table.py). Fails where a
# test fails, or where fewer per cent of lines or branches ran than the two figures. What did not run is listed in
# BUILD-FOLDER/missing.txt. COVERAGE_TESTS names ctest's choice of tests, where somebody wants others.
set -euo pipefail

build=${1:?"usage: coverage.sh BUILD-FOLDER SHARED LINES BRANCHES"} shared=$2 least_lines=$3 least_branches=$4
here=$(realpath "$(dirname "$0")")
source=$(realpath "$here/..")
for tool in gcovr gcov gcc; do
    command -v $tool >/dev/null || { echo "SKIPPED: $tool is missing; make deps-soak installs it"; exit 77; }
done
"$here/coverage_table.py" --self-test
mkdir -p "$build"
build=$(realpath "$build")

# Without optimisation, so that lines and branches are those of the source; counters that threads cannot spoil. What ends
# with _exit() would not write its counters: here it ends with exit(). What is killed (SIGKILL) is not counted.
# The kernels keep -O3 (kernels/CMakeLists.txt); each file is compiled several times, and a line ran if it ran in one of them.
{
    cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc \
        -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic -D_exit=exit" \
        -DEARSHOT_CUDA=off -DEARSHOT_BENCH=OFF -DEARSHOT_SHARED="$shared" -DEARSHOT_TEST_SECONDS=3600 &&
        cmake --build "$build"
} >"$build/log" 2>&1 || { tail -50 "$build/log"; echo "earshot does not build with --coverage"; exit 1; }

# Counters of an earlier run are gone. Left out: what is slow (kills, whose counters are lost; the same lines with more
# data), the emulator, the style of the sources, and the two that take minutes to run the definitions of convolutions.
find "$build" -name '*.gcda' -delete
read -ra chosen <<<"${COVERAGE_TESTS:--LE slow|soak -E ^(emu|race|cuda|plan|image|install|docs)\.|^unit\.(headers|duplicates|sizes|layers|.*links|hardened)|^kernel\.(net|winograd)$}"
failed=0
ctest --test-dir "$build" -j 2 --repeat until-pass:2 --output-on-failure "${chosen[@]}" >"$build/log" 2>&1 || failed=1
((!failed)) || { sed -n '/tests passed/,$p' "$build/log"; echo "tests fail in $build; what they say is in $build/log"; }

# Not counted: branches on lines that hold no code of ours, such as a closing brace. cuda/ is counted as it is built for the
# simulated card; its kernels run in the emulator (emu.) and are not.
simulated=$build/tests/sim/CMakeFiles
gcovr -j 2 --root "$source" --filter "$source/(host|kernels|cuda)/" --exclude-unreachable-branches \
    --object-directory "$build" --json "$build/counts.json" \
    "$build/host" "$build/kernels" "$build/cuda" "$simulated/cuda_simulated.dir" "$simulated/earshot_cuda_simulated.dir"
"$here/coverage_table.py" "$build/counts.json" "$least_lines" "$least_branches" --missing >"$build/table" || failed=1
grep -vE '^[^ ]+:[0-9]+-[0-9]+$' "$build/table"
grep -E '^[^ ]+:[0-9]+-[0-9]+$' "$build/table" >"$build/missing.txt" || true
rm "$build/table"
exit $failed
