#!/bin/bash
# What others have compiled against stays: the library's soname, its exported symbols, the values in its header.
#   library_abi.sh LIBRARY VALUES_PROGRAM HEADER
# A new function is a new line in symbols.txt; a line that goes, or a value that changes, is a new soname.
set -euo pipefail
here=$(dirname "$0") library=$1 program=$2 header=$3
failed=0

same() {
    diff -u --label "$1, written down" --label "$1, found" "$here/$1" - || failed=1
}

exported() {
    nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort
}

exported | same symbols.txt
"$program" | same values.txt
soname=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
[[ $soname == libearshot.so.1 ]] || { echo "soname $soname, libearshot.so.1 expected"; failed=1; }
# What the header declares is what is exported.
declared=$(grep -oE '\bearshot_[a-z_0-9]+\(' "$header" | tr -d '(' | sort -u | grep -v '^earshot_api')
diff -u --label exported --label declared <(exported) <(echo "$declared") || failed=1
# No struct is defined in it, so none has a size that others know.
! grep -nE '^(struct|union) [a-z_]+ *\{' "$header" || { echo "a struct is not opaque"; failed=1; }
((failed)) || echo "$(exported | wc -l) symbols, soname $soname"
exit $failed
