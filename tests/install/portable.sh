#!/bin/bash
# earshot builds with other compilers and options, and passes the tests that `make check` runs:
#   portable.sh clang|unoptimised|lto SOURCE SHARED     with clang; gcc without optimisation; gcc's link-time optimisation
#   portable.sh aarch64 SOURCE SHARED                   with Debian's cross compiler, run by qemu: the vector code as NEON
# PORTABLE_BUILD names a folder that is used again; without it, a temporary one.
set -euo pipefail

variant=$1 source=$(realpath "$2") shared=$3
here=$source/tests/install
folder=${PORTABLE_BUILD:-$(mktemp -d)}
[[ -n ${PORTABLE_BUILD-} ]] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"

need() {
    command -v "$1" >/dev/null || { echo "SKIPPED: $1 is missing"; exit 77; }
}

# build OPTION...
build() {
    {
        cmake -S "$source" -B "$folder/build" -G Ninja -DEARSHOT_CUDA=off -DEARSHOT_SHARED="$shared" "$@" &&
            cmake --build "$folder/build"
    } >"$folder/log" 2>&1 || { grep -aE -A5 'rror( at|:)' "$folder/log" | head -40 || true; echo "$variant does not build"; exit 1; }
}

tests() {
    ctest --test-dir "$folder/build" --output-on-failure -j "$(nproc)" "$@"
}

case $variant in
clang)
    compiler=$(compgen -c clang- | grep -E '^clang-[0-9]+$' | sort -V | tail -1 || true)
    need "${compiler:-clang}"
    build -DCMAKE_C_COMPILER="${compiler:-clang}"
    tests -LE "slow|soak"
    ;;
unoptimised)
    build -DCMAKE_BUILD_TYPE=Debug -DEARSHOT_TEST_SECONDS=1200
    tests -LE "slow|soak"
    ;;
lto)
    build -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON
    tests -LE "slow|soak"
    ;;
aarch64)
    need aarch64-linux-gnu-gcc
    need qemu-aarch64-static
    "$here/arm_root.sh" "$source" "$folder/arm" || { echo "SKIPPED: apt-get does not get Debian's libraries for aarch64"; exit 77; }
    build -DCMAKE_TOOLCHAIN_FILE="$here/aarch64.cmake" -DARM_ROOT="$folder/arm/root" -DEARSHOT_BENCH=OFF -DEARSHOT_TEST_SECONDS=3600
    "$here/arm_line.sh" "$folder/build" "$folder/arm/root" "${PORTABLE_PROGRAM:?the program of this machine}"
    # Left out: scripts that start the program themselves, and programs that start themselves again as a helper,
    # which the kernel refuses where qemu is not registered with it.
    tests -R '^(unit|kernel|golden)\.' -E '^unit\.(.*links|hardened.*|headers|bench_scripts|plugin|decode|extract)$' -LE "slow|soak"
    ;;
*)
    echo "portable.sh clang|unoptimised|lto|aarch64 SOURCE SHARED"
    exit 2
    ;;
esac
