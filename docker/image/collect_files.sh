#!/bin/bash
# Inside an image's build: what the image takes out of it. collect_files.sh SOURCE BUILD IMAGE. IMAGE/usr goes to /usr;
# IMAGE/packages.txt lists the packages that hold the libraries which the program links, as this distribution calls them.
set -euo pipefail
source=$1 build=$2 image=$3

install -D --strip -m 755 "$build/earshot" "$image/usr/local/bin/earshot"
for library in "$build"/libearshot*.so*; do
    [[ ! -f $library || -L $library ]] || install -D -m 644 "$library" "$image/usr/local/lib/$(basename "$library")"
done
install -D -m 644 "$source/LICENSE" "$image/usr/local/share/earshot/LICENSE"

# Libraries of the program itself; what they need in turn, apt knows.
needed() { readelf --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
file_of() { ldd "$1" | awk -v name="$2" '$1 == name { print $3 }'; }
package_of() { # a library's path; on a merged /usr dpkg may know it by either
    local file
    file=$(realpath "$1")
    dpkg-query --search "$file" 2>/dev/null || dpkg-query --search "${file#/usr}"
}
for name in $(needed "$image/usr/local/bin/earshot"); do
    file=$(file_of "$build/earshot" "$name")
    case $file in
    "" | "$build"/*) ;; # the loader itself, and our own library
    *) package_of "$file" | cut -d: -f1 ;;
    esac
done | sort -u >"$image/packages.txt"
echo ca-certificates >>"$image/packages.txt" # weights fetch
