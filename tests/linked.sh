#!/bin/bash
# What the program and the CUDA plug-in are linked to:
#   linked.sh program PROGRAM     no library of NVIDIA's, and a start that takes milliseconds
#   linked.sh plugin [PLUGIN]     one exported symbol; NVIDIA's libraries, but neither the driver nor libstdc++
set -euo pipefail

needed() {
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

refuse_library() {
    if needed "$1" | grep -E "$2"; then
        echo "$1 must not be linked to that"
        exit 1
    fi
}

# Of twenty starts the quickest: others may keep this machine busy. A hundred milliseconds is what a program linked to
# NVIDIA's libraries takes at least; ours takes about ten.
check_start() {
    local best=1000000 begin took
    for _ in {1..20}; do
        begin=${EPOCHREALTIME/./}
        "$1" --version >/dev/null
        took=$((${EPOCHREALTIME/./} - begin))
        ((took >= best)) || best=$took
    done
    echo "quickest start: $best µs"
    ((best < 100000))
}

check_exports() {
    local exported
    exported=$(nm -D --defined-only "$1" | awk '{ print $NF }')
    if [[ $exported != earshot_cuda_backend ]]; then
        echo "$1 exports, where earshot_cuda_backend alone is expected:"
        echo "$exported"
        exit 1
    fi
}

if [[ $1 == program ]]; then
    refuse_library "$2" 'lib(cuda|cudart|cufft|cublas|cudnn|nv|stdc)'
    check_start "$2"
elif [[ -z ${2-} ]]; then
    echo "SKIPPED: the CUDA plug-in is not built here: CUDA 13 or cuDNN 9 is missing"
    exit 77
else
    refuse_library "$2" 'libcuda\.|libnvidia|libstdc|libgcc_s'
    check_exports "$2"
fi
