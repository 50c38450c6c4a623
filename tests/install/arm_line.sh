#!/bin/bash
# The whole line on aarch64, run by qemu: its vector code (NEON) and its definitions give the features that this machine's
# program gives, within 1e-4 of the largest (tests/cli/isa.sh): arm_line.sh BUILD ROOT PROGRAM
set -euo pipefail

build=$1 root=$2 program=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export EARSHOT_CUDA_PLUGIN=none
arm=(qemu-aarch64-static -L "$root" "$build/earshot")

readelf -hW "$build/earshot" | grep -q 'Machine: *AArch64' || { echo "$build/earshot is not for aarch64"; exit 1; }
aarch64-linux-gnu-objdump -d "$build/earshot" >"$folder/code"
grep -qE 'fmla\s+v[0-9]+\.4s' "$folder/code" || { echo "no NEON in it"; exit 1; }

cd "$folder"
"$program" synth corpus --normal 1 --abnormal 1 --machines fan --quiet
options=(--weights seeded:1 --network squeezenet1_1 --quiet)
"$program" extract corpus -o here.h5 "${options[@]}" >/dev/null
"${arm[@]}" extract corpus -o arm.h5 "${options[@]}" >/dev/null
/usr/bin/python3 - <<'END'
import h5py, numpy
def raw(name):
    f = h5py.File(name)
    group = f["standardization/fan/id_00/0dB"]
    return f["features"][()] * group["scale"][()] + group["mean"][()], f.attrs["device"]
(here, _), (arm, device) = raw("here.h5"), raw("arm.h5")
distance = numpy.abs(here - arm).max() / numpy.abs(here).max()
print(f"aarch64 ({device}) differs from this machine by {distance:.1e} of the largest of {arm.size} features")
assert arm.shape == here.shape and 0 <= distance <= 1e-4
END
"${arm[@]}" verify arm.h5 --recompute 1 --weights seeded:1 >/dev/null
