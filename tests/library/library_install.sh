#!/bin/bash
# The example, built against the installed library as others would: with pkg-config's words, and with CMake's. What it prints is what
# `earshot score` prints, also in a tree that was moved; and who decodes: the program beside the library, or nobody.
#   library_install.sh BUILD EARSHOT SOURCE COMPILER [FLAGS...]
set -euo pipefail
build=$1 earshot=$2 source=$3 compiler=$4
shift 4
flags=("$@")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"

cmake --install "$build" --prefix "$tree/first" --component library >install.txt
cmake --install "$build" --prefix "$tree/first" --component development >>install.txt
mv first usr
mkdir -p usr/bin
libraries=$(dirname "$(find usr -name 'libearshot.so.1')")
export PKG_CONFIG_PATH=$tree/$libraries/pkgconfig LD_LIBRARY_PATH=$tree/$libraries EARSHOT_CUDA_PLUGIN=none
example=$source/docs/examples/score_files.c

(($(wc -l <"$example") <= 40)) || { echo "the example has more than 40 lines"; exit 1; }
read -ra words <<<"$(pkg-config --cflags --libs earshot)"
"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror "${flags[@]}" "$example" "${words[@]}" -o by_pkg_config
cmake -S "$source/tests/library/consumer" -B consumer -DEXAMPLE="$example" -DCMAKE_PREFIX_PATH="$tree/usr" \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="${flags[*]}" >cmake.txt || { cat cmake.txt; exit 1; }
cmake --build consumer >build.txt || { cat build.txt; exit 1; }
pkg-config --modversion earshot

"$earshot" synth corpus --seconds 4 --normal 20 --abnormal 2 --machines fan,pump --quiet >/dev/null
"$earshot" extract corpus -o features.h5 --network patch --quiet >/dev/null
"$earshot" fit features.h5 -o model.h5 --detector knn --quiet >/dev/null
"$earshot" score model.h5 features.h5 --quiet | awk -F, 'NR > 1 { print "corpus/" $1 "," $6 "," $8 }' >expected.csv
cut -d, -f1 expected.csv >paths.txt
for program in ./by_pkg_config consumer/score_files; do
    xargs "$program" model.h5 <paths.txt >found.csv
    cmp expected.csv found.csv
    echo "$program: $(wc -l <found.csv) recordings score as with earshot score"
done

# Floats are read by libsndfile: in a helper, which is the program; nowhere without one.
/usr/bin/python3 - corpus/0dB/fan/id_00/normal/00000000.wav <<'PY'
import array, struct, sys
pcm = array.array("h", open(sys.argv[1], "rb").read()[44:])
wave = array.array("f", [sample / 32768 for sample in pcm]).tobytes()
head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(wave), b"WAVE", b"fmt ", 16, 3, 1, 16000, 64000, 4, 32, b"data", len(wave))
open("fan_id_00.wav", "wb").write(head + wave)
PY
mkdir -p fan/id_00
mv fan_id_00.wav fan/id_00/float.wav
code=0
./by_pkg_config model.h5 fan/id_00/float.wav 2>&1 || code=$?
echo "exit $code"
ln -s "$earshot" usr/bin/earshot
./by_pkg_config model.h5 fan/id_00/float.wav | cut -d, -f2- | grep -xF "$(grep fan/id_00/normal/00000000 expected.csv | cut -d, -f2-)"
