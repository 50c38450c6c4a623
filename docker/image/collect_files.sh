#!/bin/bash
# Inside an image's build: what the image takes out of it. collect_files.sh BUILD IMAGE. IMAGE/usr goes to /usr;
# IMAGE/packages.txt lists the packages that hold the libraries which the program links, as this distribution calls them.
set -euo pipefail
build=$1 image=$2

for component in product local cuda; do
    cmake --install "$build" --prefix "$image/usr/local" --component $component --strip >/dev/null
done
program=$image/usr/local/bin/earshot

# Libraries of the program itself; what they need in turn, apt knows.
needed() { readelf --dynamic "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
file_of() { ldd "$program" | awk -v name="$1" '$1 == name { print $3 }'; }
package_of() { # a library's path; on a merged /usr dpkg may know it by either
    local file
    file=$(realpath "$1")
    dpkg-query --search "$file" 2>/dev/null || dpkg-query --search "${file#/usr}"
}
for name in $(needed); do
    file=$(file_of "$name")
    [[ -z $file ]] || package_of "$file" | cut -d: -f1 # the loader itself has none
done | sort -u >"$image/packages.txt"
echo ca-certificates >>"$image/packages.txt" # weights fetch
