#!/bin/bash
# Removes what `cmake --install BUILD --prefix PREFIX` puts there, and folders that are empty then: uninstall.sh BUILD PREFIX
# DESTDIR counts as it does for the installation. What is there is found by installing once more, into a temporary folder.
set -euo pipefail

build=$1 prefix=$2 destination=${DESTDIR-}
list=$(mktemp -d)
trap 'rm -rf "$list"' EXIT
DESTDIR=$list cmake --install "$build" --prefix "$prefix" >/dev/null

cd "$list"
n=0
while IFS= read -r -d '' path; do
    rm -f "$destination/$path"
    n=$((n + 1))
done < <(find . ! -type d -printf '%P\0')

# Folders below the prefix alone, deepest first.
while IFS= read -r -d '' path; do
    rmdir --ignore-fail-on-non-empty "$destination/$path" 2>/dev/null || true
done < <(find ".$prefix" -mindepth 1 -depth -type d -printf '%p\0')
echo "$n files removed from $destination$prefix"
