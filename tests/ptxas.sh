#!/bin/bash
# nvcc compiles every kernel, and ptxas's report is as good as kernels have to be: no spills, no stack, no local
# memory. Then gcc links the objects into a C program without libstdc++, which runs: it asks each file for a shape.
#   ptxas.sh NVCC FILE.cu…        with a table: kernel, registers, bytes of static shared memory
#   ptxas.sh --self-test NVCC     a kernel with local memory is refused
# Nothing here runs on a GPU.
set -euo pipefail

flags=(-O3 -std=c++17 -gencode "arch=compute_75,code=sm_75" -gencode "arch=compute_75,code=compute_75"
    -Werror all-warnings -Xptxas "-v,-warn-spills,-warn-lmem-usage"
    -Xcompiler "-fno-exceptions,-fno-threadsafe-statics")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# compile SOURCE: its object in the folder, and what ptxas says beside it
compile() {
    local stem
    stem=$(basename "$1" .cu)
    if ! "$nvcc" "${flags[@]}" -I"$kernels" -c "$1" -o "$folder/$stem.o" >"$folder/$stem.txt" 2>&1; then
        cat "$folder/$stem.txt"
        return 1
    fi
}

# One line a kernel; fails where one has a stack, spills, or says neither.
judge() {
    awk '
        /Compiling entry function/ { split($0, part, "\047"); kernel = part[2] }
        /bytes stack frame/ { told[kernel] = 1; if ($1 + $5 + $9 > 0) { print kernel ": " $0; bad = 1 } }
        /Used [0-9]+ registers/ {
            match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
            shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH - 11) : 0
            if ($0 ~ /lmem/) { print kernel ": " $0; bad = 1 }
            printf "%-24s %3d registers %6d bytes shared\n", kernel, registers, shared
            n++
        }
        END { for (k in told) seen++; if (!n || seen != n) { print "ptxas told of no kernel"; bad = 1 } exit bad }' "$1"
}

self_test() {
    kernels=$folder
    cat >"$folder/bad.cu" <<'END'
extern "C" __global__ void bad_kernel(const float *in, float *out, int n)
{
    float all[300];
    for (int i = 0; i < 300; i++) all[i] = in[i];
    for (int i = 0; i < n; i++) out[i] = all[(int)in[i]];
}
END
    ! compile "$folder/bad.cu" >/dev/null || { echo "nvcc took a kernel with local memory"; exit 1; }
    flags=("${flags[@]/-v,-warn-spills,-warn-lmem-usage/-v}")
    compile "$folder/bad.cu"
    ! judge "$folder/bad.txt" >/dev/null || { echo "a stack frame was not seen"; exit 1; }
    echo "self-test: a kernel with local memory is refused twice"
}

# A C program that calls one shape function of each file.
link() {
    local cuda shape
    cuda=$(dirname "$(dirname "$(readlink -f "$nvcc")")")
    {
        echo '#include "launch.h"'
        for shape in $(nm "$folder"/*.o | awk '$2 == "T" && $3 ~ /_shape$/ { print $3 }'); do
            echo "struct kernel_shape $shape(const void *args);"
            echo "static const void *const use_$shape = (const void *)$shape;"
            uses+=" (unsigned char)(use_$shape != NULL) +"
        done
        echo "int main(void) { return ${uses:-0 +} 0 == 0; }"
    } >"$folder/main.c"
    gcc -std=c11 -I"$kernels" "$folder/main.c" "$folder"/*.o -o "$folder/program" -Wl,-z,defs -Wl,--no-undefined \
        -L"$cuda/lib64" -lcudart_static -lpthread -ldl -lrt
    "$folder/program"
    ! nm -u "$folder"/*.o | grep -E '__cxa_guard|__gxx|_Zn|_ZS' || { echo "libstdc++ is needed"; return 1; }
}

if [[ $1 == --self-test ]]; then
    nvcc=$2
    [[ -x $nvcc ]] || { echo "SKIPPED: nvcc is not here"; exit 77; }
    self_test
    exit
fi
nvcc=$1
shift
[[ -x $nvcc ]] || { echo "SKIPPED: nvcc is not here, so no kernel was compiled for a GPU"; exit 77; }
kernels=$(cd "$(dirname "$0")/../kernels" && pwd)
failed=0
for source in "$@"; do
    compile "$source" || failed=1
    judge "$folder/$(basename "$source" .cu).txt" || failed=1
done
((failed)) || link
exit $failed
