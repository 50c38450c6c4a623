#!/bin/bash
# The base image that docker/Dockerfile names, made of Debian's packages, since no registry need be reachable:
# make_base.sh BASE.tar. Like the published debian:12-slim it has no manuals, translations and documents but licences, and dpkg
# is told not to unpack those of later packages.
set -euo pipefail
tar=$(realpath -m "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mirror=$(apt-cache policy libc6 | awk '$3 == "bookworm/main" { print $2; exit }')
if ! debootstrap --variant=minbase bookworm "$folder/root" "${mirror:-http://deb.debian.org/debian}" >"$folder/log" 2>&1; then
    tail -n 5 "$folder/log" >&2
    exit 1
fi
cd "$folder/root"
cat >etc/dpkg/dpkg.cfg.d/docker <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
END
find usr/share/doc -type f ! -name copyright -delete
find usr/share/doc -type l -delete
find usr/share/doc -mindepth 1 -type d -empty -delete
rm -rf usr/share/info/* usr/share/locale/* usr/share/man/* var/cache/apt/* var/lib/apt/lists/* var/log/apt var/log/*.log
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d # no service is started on installation
chmod +x usr/sbin/policy-rc.d
tar --numeric-owner --sort=name -cf "$tar.part" .
mv "$tar.part" "$tar"
