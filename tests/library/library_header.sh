#!/bin/bash
# earshot.h compiles alone, with every warning an error, as C11, C17 and C++17 to C++20, by the compilers that are here.
#   library_header.sh HEADER
set -euo pipefail
include=$(dirname "$(realpath "$1")")
flags=(-Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -fsyntax-only -I"$include")
tried=0

try() {
    command -v "$1" >/dev/null || { echo "$1 is not here"; return 0; }
    "$1" "${flags[@]}" -std="$2" -x "$3" - <<<'#include "earshot.h"
#include "earshot.h"
int main(void)
{
    struct earshot *ear = 0;
    enum earshot_status status = earshot_open(&ear, 0, 0);
    earshot_close(&ear);
    return status == EARSHOT_OK ? 0 : 1;
}'
    tried=$((tried + 1))
}

for standard in c11 c17; do
    try gcc $standard c
    try clang $standard c
done
for standard in c++17 c++20; do
    try g++ $standard c++
    try clang++ $standard c++
done
# An answer that nobody looks at is told.
if gcc -Werror=unused-result -c -o /dev/null -std=c11 -x c -I"$include" - 2>/dev/null <<<'#include "earshot.h"
void f(struct earshot *ear) { earshot_push_file(ear, "a.wav", 0); }'; then
    echo "a status that nobody looks at is not told"
    exit 1
fi
((tried >= 4)) || { echo "SKIPPED: only $tried compilations could be tried"; exit 77; }
echo "earshot.h compiles alone, $tried ways"
