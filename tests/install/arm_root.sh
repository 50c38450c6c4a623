#!/bin/bash
# Debian's libraries for aarch64, unpacked into FOLDER/root (nothing of this machine changes): arm_root.sh SOURCE FOLDER
# The packages are those libraries of docker/packages.txt that earshot links. What is there already is used again.
set -euo pipefail

source=$1 folder=$2
mkdir -p "$folder"/{root,state/lists/partial,cache/archives/partial}
[[ ! -e $folder/complete ]] || exit 0
: >"$folder/status"

# An apt of its own: its lists, its cache, and no package installed. Its sources are this machine's.
apt_arm() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$folder/state" \
        -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root \
        -o Debug::NoLocking=1 -o APT::Install-Recommends=false "$@"
}

mapfile -t packages < <(grep -E '^lib[a-z0-9+-]+-dev$' "$source/docker/packages.txt")
apt_arm update
apt_arm install -y --download-only "${packages[@]}"
for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
rm -rf "$folder"/cache/archives
touch "$folder/complete"
