#!/bin/sh
# Installs what docker/packages.txt lists and this machine lacks, up to the part that is named:
#   install_packages.sh [build|test|soak]        Debian 12, as root or with sudo
set -eu
here=$(dirname "$0")
case ${1:-build} in
    build) end='/^# test$/,$d' ;;
    test) end='/^# soak$/,$d' ;;
    soak) end='' ;;
    *) echo "$1: build, test or soak expected" >&2; exit 2 ;;
esac
missing=""
for package in $(sed "$end;s/#.*//" "$here/packages.txt"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    exit 0
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    sudo=sudo
fi
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
