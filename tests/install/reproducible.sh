#!/bin/bash
# Two builds, in folders of different names and lengths, give the same bytes of program, pages and package:
#   reproducible.sh SOURCE
set -euo pipefail

source=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SOURCE_DATE_EPOCH=1700000000 CCACHE_DISABLE=1

copy_sources() {
    mkdir -p "$1"
    (cd "$source" && tar -c --exclude=.git --exclude='./build*' --exclude=__pycache__ .) | tar -x -C "$1"
}

# build FOLDER UMASK TIMEZONE LOCALE: what may differ from one machine to the next
build() {
    copy_sources "$1/earshot"
    (
        umask "$2"
        export TZ=$3 LC_ALL=$4
        cd "$1"
        cmake -S earshot -B made -G Ninja -DCMAKE_BUILD_TYPE=Release -DEARSHOT_TESTS=OFF -DEARSHOT_BENCH=OFF -DEARSHOT_CUDA=off
        make -C earshot deb BUILD="$1/made"
    ) >"$1.log" 2>&1 || { tail -20 "$1.log"; echo "the build in $1 failed"; exit 1; }
}

build "$folder/a" 022 UTC C
build "$folder/a-much-longer-name/below" 077 Asia/Tokyo C.UTF-8

different=0
for file in earshot pages/earshot pages/_earshot pages/man1.gz/earshot-extract.1.gz; do
    cmp "$folder/a/made/$file" "$folder/a-much-longer-name/below/made/$file" || different=1
done
cmp "$folder"/a/made/*.deb "$folder"/a-much-longer-name/below/made/*.deb || different=1
((different)) || echo "the same bytes twice: $(cd "$folder/a/made" && sha256sum earshot *.deb)"
exit $different
