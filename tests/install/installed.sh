#!/bin/bash
# What `make install` puts somewhere works there, also after it was moved, and `make uninstall` leaves nothing of it:
#   installed.sh BUILD SOURCE
set -euo pipefail

build=$(realpath "$1") source=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export DESTDIR=$folder/image EARSHOT_CUDA_PLUGIN=none
prefix=/opt/ear

fail() {
    echo "$*"
    exit 1
}

cmake --install "$build" --prefix $prefix >"$folder/log" || { cat "$folder/log"; exit 1; }
mkdir -p "$DESTDIR$prefix/share/applications"
touch "$DESTDIR$prefix/share/applications/somebody-elses"

# Moved, and with nothing of the build folder to fall back on: what it names would be told by strace; what it was told
# to look for stands in its headers.
cp -a "$DESTDIR$prefix" "$folder/moved"
earshot=$folder/moved/bin/earshot
for file in "$folder"/moved/bin/* "$folder"/moved/lib/*.so*; do
    [[ -f $file ]] || continue
    ! readelf -d "$file" | grep -E 'R(UN)?PATH' | grep -F "$build" || fail "$file looks for libraries where it was built"
    ! grep -qF "$source/" "$file" || fail "$file names the folder of its sources"
done
[[ $(env -i "$earshot" --version) == earshot\ * ]] || fail "it does not start"
cd "$folder"
"$earshot" synth corpus --normal 4 --abnormal 2 --quiet
"$earshot" extract corpus -o features.h5 --weights seeded:1 --network squeezenet1_1 --limit 1 --quiet >/dev/null
"$earshot" verify features.h5 >/dev/null

for command in $("$earshot" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    gzip -dc "moved/share/man/man1/earshot-$command.1.gz" | grep -q '^\.TH' || fail "no man page of $command"
done
for file in share/man/man1/earshot.1.gz share/bash-completion/completions/earshot share/zsh/site-functions/_earshot \
    share/doc/earshot/{LICENSE,README.md,CHANGELOG.md,docs/files.md}; do
    [[ -s moved/$file ]] || fail "$file is missing"
done

"$source/cmake/uninstall.sh" "$build" $prefix
left=$(cd "$DESTDIR$prefix" && find . ! -type d)
[[ $left == ./share/applications/somebody-elses ]] || fail "after uninstalling there is: $left"
left=$(cd "$DESTDIR$prefix" && find . -type d -empty)
[[ -z $left ]] || fail "after uninstalling there are empty folders: $left"
echo "installed, moved, run, and removed again: $(find moved -type f | wc -l) files"
