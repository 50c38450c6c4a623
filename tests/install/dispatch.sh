#!/bin/bash
# One program, several instruction sets, chosen where it runs: dispatch.sh PROGRAM
# qemu is a processor without AVX (Nehalem) and one without AVX-512 (Haswell); an instruction that such a processor does not
# have would end the program there. The first gives features within 1e-4 of the largest (tests/cli/isa.sh), the second the
# same bits as this machine, be it with AVX-512.
set -euo pipefail

program=$(realpath "$1")
[[ $(uname -m) == x86_64 ]] || { echo "SKIPPED: not an x86"; exit 77; }
for tool in qemu-x86_64-static objdump; do
    command -v $tool >/dev/null || { echo "SKIPPED: $tool is missing"; exit 77; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export EARSHOT_CUDA_PLUGIN=none

objdump -d --no-show-raw-insn "$program" >code
for register in xmm ymm zmm; do
    (($(grep -cE "vfmadd.*%$register|mulps.*%$register" code) > 50)) || { echo "no kernels for %$register in the program"; exit 1; }
done
grep -q avx512f /proc/cpuinfo || echo "SKIPPED: this machine has no AVX-512, so its kernels are looked at, not run"

"$program" synth corpus --normal 1 --abnormal 1 --machines fan --quiet
extract() { # FILE PROGRAM…
    local file=$1
    shift
    "$@" extract corpus -o "$file" --weights seeded:1 --network squeezenet1_1 --quiet >/dev/null
}
extract here.h5 "$program"
for processor in Nehalem Haswell; do
    extract $processor.h5 qemu-x86_64-static -cpu $processor "$program" 2>said ||
        { grep -v 'TCG doesn' said; echo "$processor: failed"; exit 1; }
done
/usr/bin/python3 - <<'END'
import h5py, numpy
def raw(name):
    f = h5py.File(name)
    group = f["standardization/fan/id_00/0dB"]
    return f["features"][()] * group["scale"][()] + group["mean"][()], f.attrs["device"]
(here, device), (old, generic), (haswell, avx2) = raw("here.h5"), raw("Nehalem.h5"), raw("Haswell.h5")
distance = numpy.abs(here - old).max() / numpy.abs(here).max()
print(f"here {device}; Nehalem {generic}, differs by {distance:.1e}; Haswell {avx2}, the same bits: {(here == haswell).all()}")
assert generic == "generic" and distance <= 1e-4
assert avx2 == "avx2" and (device != "avx2" or (here == haswell).all())
END
