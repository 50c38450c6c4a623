#!/bin/bash
# Debian's libraries for aarch64, unpacked into FOLDER/root (nothing of this machine changes): arm_root.sh SOURCE FOLDER
# The packages are those libraries of docker/packages.txt that earshot links. What is there already is used
# again as long as the list is the same.
set -euo pipefail

source=$1 folder=$2
mapfile -t packages < <(sed -n '/^# test$/q; /^lib[a-z0-9+-]*-dev$/p' "$source/docker/packages.txt")
[[ ! -e $folder/complete || $(<"$folder/complete") != "${packages[*]}" ]] || exit 0
rm -rf "$folder"/{complete,root,cache}
mkdir -p "$folder"/{root,state/lists/partial,cache/archives/partial}
: >"$folder/status"

# An apt of its own: its lists, its cache, and no package installed. Its sources are this machine's.
apt_arm() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$folder/state" \
        -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root \
        -o Debug::NoLocking=1 -o APT::Install-Recommends=false "$@"
}

apt_arm update
apt_arm install -y --download-only "${packages[@]}"
for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
rm -rf "$folder"/cache/archives
echo "${packages[*]}" >"$folder/complete"
