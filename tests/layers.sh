#!/bin/bash
# Who may include whom (CONTRIBUTING.md), and a few more promises about the tree:
#   layers.sh [ROOT]      prints one line for each broken promise; exit 1 if there is any
#   layers.sh --self-test plants one of each kind in a small tree and sees that all are found
set -euo pipefail

# folder: the folders that its files may include from
declare -A may_include=(
    [kernels]="kernels"
    [core]="core"
    [nets]="nets core"
    [io]="io nets core"
    [backend]="backend io nets core kernels"
    [pipeline]="pipeline backend io nets core kernels"
    [detect]="detect backend io nets core kernels"
    [eval]="eval detect pipeline backend io nets core kernels"
    [service]="service detect pipeline backend io nets core kernels"
    [http]="http service eval detect pipeline backend io nets core kernels"
    [library]="library service eval detect pipeline backend io nets core kernels"
    [cli]="cli library http service eval detect pipeline backend io nets core kernels"
    [cuda]="cuda backend io nets core kernels"
)

# Lines "file:number:header" of every include in quotes below host/, kernels/ and cuda/.
quoted_includes() {
    grep -rnoE --include='*.[ch]' --include='*.cu' '^ *# *include +"[^"]+"' host kernels cuda 2>/dev/null |
        sed -E 's/: *# *include +"/:/; s/"$//'
}

# Sets `from` and `to`, the folders of a file and of the header that it includes: "host/io/wav.c" is io's, so is
# "io/wav.h"; "mel.h" is kernels'.
set_folders() {
    from=${1#host/} from=${from%%/*}
    to=kernels
    [[ $2 != */* ]] || to=${2%%/*}
}

arrows() {
    local file number header from to
    while IFS=: read -r file number header; do
        set_folders "$file" "$header"
        if [[ " ${may_include[$from]:-} " != *" $to "* ]]; then
            echo "$file:$number: $from/ must not include $header of $to/"
        elif [[ $from == cuda && $header == backend/plugin.h ]]; then
            continue # the two sides of one interface
        elif [[ $to == backend && $from != backend && $header != backend/backend.h ]]; then
            echo "$file:$number: $from/ sees backend/backend.h, never $header"
        fi
    done < <(quoted_includes)
}

# x_internal.h is for x.c, x_*.c and x_*.h alone.
internal_headers() {
    local file number header stem
    while IFS=: read -r file number header; do
        [[ $header == *_internal.h ]] || continue
        stem=${header%_internal.h}
        [[ ${file#host/} == "$stem"[._]* ]] || echo "$file:$number: $header belongs to ${stem##*/}*.c alone"
    done < <(quoted_includes)
}

hdf5_headers() {
    grep -rnE --include='*.[ch]' --include='*.cu' '# *include +[<"](hdf5|H5[A-Za-z]*)' . |
        sed 's,^\./,,' | grep -v '^host/io/store[a-z0-9_]*\.[ch]:' |
        sed 's/$/: HDF5 belongs to host\/io\/store*.c alone/' || true
}

cuda_headers() {
    grep -rnE '# *include +[<"](cuda[._]|cublas|cufft|cudnn|curand|nvrtc|nvml|nvToolsExt)' host 2>/dev/null |
        sed 's/$/: no CUDA header in host\//' || true
}

# Each folder may have its own README.md and CMakeLists.txt; every other name stands once. Inputs that a fuzzer kept are
# called by their hash.
file_names() {
    find . \( -name .git -o -name 'build*' -o -name 'test-??????' -o -name __pycache__ -o -path './tests/fuzz/corpus' \) -prune -o -type f -printf '%f\n' |
        grep -vxE 'README\.md|CMakeLists\.txt' | sort | uniq -d | sed 's/$/: two files have this name/'
}

check() {
    arrows
    internal_headers
    hdf5_headers
    cuda_headers
    file_names
}

# A tree with one broken promise of each kind and several kept ones: exactly the broken ones are named.
self_test() {
    local tree found expected
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' RETURN
    cd "$tree"
    mkdir -p host/{core,io,nets,backend,pipeline,detect,eval,cli} kernels cuda tests/unit
    echo '#include "io/wav.h"' >host/core/up.c
    echo '#include "pipeline/config.h"' >host/io/far_up.c
    echo '#include "core/log.h"' >kernels/mel_ref.c
    echo '#  include "backend/cpu_net.h"' >host/pipeline/sees_cpu.c
    echo '#include "pipeline/config.h"' >host/detect/beside.c
    echo '#include "io/features_internal.h"' >host/io/wav.c
    echo '#include <hdf5.h>' >host/eval/reads_hdf5.c
    echo '#include <cuda_runtime.h>' >host/backend/on_gpu.c
    echo '#include "cuda/stream.h"' >host/cli/sees_cuda.c
    echo '#include "backend/plugin.h"' >cuda/entry.c
    touch tests/unit/twice.c host/core/twice.c README.md kernels/README.md
    printf '#include "core/log.h"\n#include "mel.h"\n#include "backend/cpu_net.h"\n' >host/backend/good.c
    printf '#include "backend/backend.h"\n#include "resize.h"\n#include <math.h>\n' >host/pipeline/fine.c
    echo '#include <hdf5.h>' >host/io/store.c
    echo '#include "io/features_internal.h"' >host/io/features_part.c
    found=$(check | sed -E 's/:.*//' | sort)
    expected=$(printf '%s\n' host/backend/on_gpu.c host/cli/sees_cuda.c host/core/up.c host/detect/beside.c \
        host/eval/reads_hdf5.c host/io/far_up.c host/io/wav.c host/pipeline/sees_cpu.c kernels/mel_ref.c \
        twice.c | sort)
    diff <(echo "$expected") <(echo "$found") || { echo "layers.sh finds other faults (>) than those (<)"; return 1; }
    echo "self-test: all $(wc -l <<<"$expected") planted faults found"
}

if [[ ${1:-} == --self-test ]]; then
    self_test
    exit
fi
cd "${1:-"$(dirname "$0")/.."}"
broken=$(check)
if [[ -n $broken ]]; then
    echo "$broken"
    exit 1
fi
echo "every include follows the layers; $(quoted_includes | wc -l) looked at"
