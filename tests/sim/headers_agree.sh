#!/bin/bash
# Every enumerator that include/ declares has the value that NVIDIA's headers give it, and every call its parameters:
#   headers_agree.sh COMPILER [INCLUDE…]
set -euo pipefail

compiler=$1 real=("${@:2}")
if [[ ${#real[@]} == 0 ]]; then
    echo "SKIPPED: NVIDIA's headers are not here"
    exit 77
fi
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

names=$(grep -ohE '\b(cuda|CUDA_R|CUDNN|CUBLAS|CUFFT)[A-Za-z0-9_]* = -?[0-9]+' include/*.h | sed 's/ = .*//')
{
    printf '#include <%s>\n' stdio.h cuda_runtime_api.h cufft.h cublas_v2.h cudnn_graph.h
    echo 'int main(void)'
    echo '{'
    for name in $names; do echo "    printf(\"$name = %d\\n\", (int)$name);"; done
    echo '}'
} >"$folder/values.c"
"$compiler" -std=c11 -w -Iinclude -o "$folder/ours" "$folder/values.c"
"$compiler" -std=c11 -w "${real[@]/#/-I}" -o "$folder/theirs" "$folder/values.c"
diff <("$folder/ours") <("$folder/theirs")
echo "$(wc -l <<<"$names") values agree"

# A definition whose parameters differ from the declaration is an error.
for source in sim_*.c; do
    "$compiler" -std=c11 -w -D_GNU_SOURCE -fsyntax-only "${real[@]/#/-I}" -I.. -I../emu -I../../kernels -I../../host "$source"
done
echo "every call's parameters agree"
