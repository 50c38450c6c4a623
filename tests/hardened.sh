#!/bin/bash
# What cmake/hardening.cmake promises, looked for in what was built:
#   hardened.sh FORTIFY FILE...           programs, and libraries (whose name has .so): one line for each broken promise.
#                                         FORTIFY: the level that it was built with, 0: none (-O0, a sanitizer)
#   hardened.sh --self-test COMPILER      builds programs that each lack one thing, and sees that it is missed
set -euo pipefail

fortify=0 # the level of check()

is_library() {
    [[ ${1##*/} == *.so* ]]
}

check_type() {
    readelf -hW "$1" | grep -q 'Type: *DYN' || echo "$1: is not position-independent"
    is_library "$1" || readelf -dW "$1" | grep -q 'FLAGS_1.*PIE' || echo "$1: is no position-independent executable"
}

check_segments() {
    local segments
    segments=$(readelf -lW "$1")
    grep -q GNU_RELRO <<<"$segments" || echo "$1: the loader's tables stay writable (relro)"
    grep -q 'GNU_STACK .* RW ' <<<"$segments" || echo "$1: the stack is executable"
    ! grep -qE 'LOAD .* RWE ' <<<"$segments" || echo "$1: a segment is writable and executable"
    readelf -dW "$1" | grep -qE 'FLAGS.*(BIND_NOW|NOW)' || echo "$1: symbols are bound late (now)"
    ! readelf -dW "$1" | grep -q TEXTREL || echo "$1: code is relocated"
}

# Calls of libc's checks. A library that allocates nothing on the stack may have none; ours all do.
check_calls() {
    local symbols
    symbols=$(nm -D --undefined-only "$1")
    grep -q __stack_chk_fail <<<"$symbols" || echo "$1: no stack protector"
    ((fortify == 0)) || grep -qE '__[a-z]+_chk(@|$)' <<<"$symbols" || echo "$1: no _FORTIFY_SOURCE"
}

# No folder of the machine that built it in the paths where libraries are looked for, but beside the file itself.
check_paths() {
    ! readelf -dW "$1" | grep -E 'RPATH' || echo "$1: has an RPATH, which wins over LD_LIBRARY_PATH"
}

check() {
    check_type "$1"
    check_segments "$1"
    check_calls "$1"
    check_paths "$1"
}

good=(-O2 -fPIE -pie -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack)

# What one option more brings about: plant EXPECTED OPTION...
plant() {
    local found expected=$1
    shift
    "$compiler" "${good[@]}" "$@" -o "$folder/program" "$folder/program.c" 2>"$folder/said" || { cat "$folder/said"; exit 1; }
    found=$(check "$folder/program" | sed "s,^[^:]*: ,,")
    [[ $found == *"$expected"* && (-n $expected || -z $found) ]] || { echo "with $*: found “$found”, expected “$expected”"; exit 1; }
}

self_test() {
    compiler=$1 fortify=2
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cat >"$folder/program.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    char text[64];
    strcpy(text, argv[argc - 1]);
    return puts(text) < 0;
}
C
    plant ""
    plant "position-independent" -no-pie -fno-pie
    plant "relro" -Wl,-z,norelro
    plant "bound late" -Wl,-z,lazy
    plant "stack is executable" -Wl,-z,execstack
    plant "stack protector" -fno-stack-protector
    plant "FORTIFY" -U_FORTIFY_SOURCE
    plant "RPATH" -Wl,--disable-new-dtags,-rpath,/tmp
    echo "self-test: all seven are missed where they are not"
}

if [[ $1 == --self-test ]]; then
    self_test "$2"
    exit
fi
fortify=$1
shift
broken=$(for file in "$@"; do [[ -z $file ]] || check "$file"; done)
[[ -z $broken ]] || { echo "$broken"; exit 1; }
echo "hardened, _FORTIFY_SOURCE=$fortify: $*"
