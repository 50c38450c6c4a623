#!/bin/sh
# Inside an image, as root: the packages that the program links, a user, the folders of the volumes, and the list of all packages.
# finish_image.sh VERSION
set -eu
apt-get update -qq
# shellcheck disable=SC2046 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(cat /usr/local/share/earshot/packages.txt) >/dev/null
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log /var/log/alternatives.log

# NVIDIA's Ubuntu images have a user 1000 already.
getent group 1000 >/dev/null || groupadd --gid 1000 earshot
getent passwd 1000 >/dev/null || useradd --uid 1000 --gid 1000 --no-create-home --home-dir /work --shell /usr/sbin/nologin earshot
mkdir -p /work /weights
chown 1000:1000 /work /weights

/usr/local/lib/earshot/sbom.sh "$1" >/usr/local/share/earshot/sbom.spdx.json
