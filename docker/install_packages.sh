#!/bin/sh
# Installs what docker/packages.txt lists and this machine lacks; --no-tests: only what stands above its line "# tests". Debian 12,
# as root or with sudo.
set -eu
here=$(dirname "$0")
listed() {
    case ${1:-} in
    --no-tests) sed '/^# tests$/,$d; s/#.*//' "$here/packages.txt" ;;
    *) sed 's/#.*//' "$here/packages.txt" ;;
    esac
}
missing=""
for package in $(listed "$@"); do
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
