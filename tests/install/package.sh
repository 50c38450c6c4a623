#!/bin/bash
# The Debian package: lintian finds no error, dpkg installs it where its dependencies are, it runs, dpkg removes all of it:
#   package.sh BUILD
set -euo pipefail

build=$(realpath "$1")
for tool in cpack dpkg-shlibdeps dpkg-deb; do
    command -v $tool >/dev/null || { echo "SKIPPED: $tool is missing, so there is no package"; exit 77; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/root
export SOURCE_DATE_EPOCH=1700000000 EARSHOT_CUDA_PLUGIN=none

fail() {
    echo "$*"
    exit 1
}

check_contents() {
    local depends
    dpkg-deb -c "$package" >"$folder/contents"
    for file in usr/bin/earshot usr/share/man/man1/earshot.1.gz usr/share/bash-completion/completions/earshot \
        usr/share/zsh/vendor-completions/_earshot usr/share/doc/earshot/copyright usr/share/doc/earshot/changelog.gz; do
        grep -q " \./$file\$" "$folder/contents" || fail "$file is missing"
    done
    ! grep -vE '^.{10} root/root ' "$folder/contents" || fail "not all is root's"
    depends=$(dpkg-deb -f "$package" Depends)
    [[ $depends == *libc6*libhdf5* ]] || fail "dependencies: $depends"
}

check_lintian() {
    if ! command -v lintian >/dev/null; then
        echo "SKIPPED: lintian is missing, so it does not look at the package"
        return
    fi
    # Program, library and what programs compile against are one package, on purpose; its .pc file is every architecture's.
    # CPack writes scripts that call ldconfig beside the trigger that is there.
    lintian --allow-root --fail-on error,warning --suppress-tags \
        maintscript-calls-ldconfig,package-name-doesnt-match-sonames,link-to-shared-library-in-wrong-package,pkg-config-unavailable-for-cross-compilation \
        "$package" || fail "lintian is not content"
}

# A root of its own, whose list of installed packages is this machine's: dependencies count. Others than root unpack it.
install_package() {
    mkdir -p "$root/var/lib/dpkg/"{info,updates,triggers}
    if ((UID != 0)); then
        dpkg-deb -x "$package" "$root"
        return
    fi
    cp /var/lib/dpkg/status "$root/var/lib/dpkg/"
    dpkg --root="$root" --force-script-chrootless --log=/dev/null -i "$package" >"$folder/log" 2>&1 ||
        { cat "$folder/log"; fail "dpkg does not install it"; }
    dpkg --root="$root" -s earshot | grep -q '^Status: install ok installed' || fail "dpkg did not install it"
}

remove_package() {
    ((UID == 0)) || return 0
    dpkg --root="$root" --force-script-chrootless --log=/dev/null -P earshot >"$folder/log" 2>&1 || { cat "$folder/log"; fail "dpkg -P"; }
    [[ ! -e $root/usr ]] || fail "after removal there is: $(find "$root/usr")"
}

(cd "$build" && cpack -G DEB -B "$folder/made" >"$folder/log" 2>&1) || { cat "$folder/log"; fail "cpack"; }
package=$(echo "$folder"/made/*.deb)
check_contents
check_lintian
install_package
cd "$folder"
"$root/usr/bin/earshot" synth corpus --normal 4 --abnormal 2 --quiet
"$root/usr/bin/earshot" extract corpus -o features.h5 --weights seeded:1 --network squeezenet1_1 --limit 1 --quiet >/dev/null
"$root/usr/bin/earshot" verify features.h5 >/dev/null
remove_package
echo "${package##*/}: $(stat -c %s "$package") bytes, installed, run and removed"
