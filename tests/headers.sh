#!/bin/bash
# Every header compiles alone: it includes what it needs.
#   headers.sh COMPILER [ROOT]
set -euo pipefail

compiler=${1:?"usage: headers.sh COMPILER [ROOT]"}
cd "${2:-"$(dirname "$0")/.."}"
# Alone, nobody calls the functions of a fixture; clang would say so.
flags=(-std=c11 -fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function -Ikernels -Ihost -I. -Itests -Itests/golden -Itests/emu -Itests/sim/include)
read -ra libraries <<<"$(pkg-config --cflags hdf5-serial jansson libzip cmocka)"
flags+=("${libraries[@]}")
# Headers of the CPU's kernels are compiled once per instruction set, which CPU_ISA names.
flags+=(-DCPU_ISA=generic -DTEST_SHARED=\"\" -DTEST_SOURCE=\"\")

failed=0 count=0
while read -r header; do
    count=$((count + 1))
    if ! message=$("$compiler" "${flags[@]}" -x c - <<<"#include \"$header\"" 2>&1); then
        echo "$header does not compile alone:"
        head -4 <<<"$message"
        failed=1
    fi
done < <(find kernels host cuda tests -name '*.h' | sort)
((failed)) || echo "$count headers compile alone"
exit $failed
