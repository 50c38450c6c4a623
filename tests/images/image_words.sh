# For the tests of docker/'s images. Sourced with REPOSITORY and CACHE (a folder that stays) set: images in a store of their own,
# which goes away at the end, and the base image that the Dockerfiles name. Says SKIPPED where images cannot be built or run.
set -euo pipefail

skip() {
    echo "SKIPPED: $1"
    exit 77
}
for program in buildah debootstrap podman runc; do
    [[ -n $(PATH=$PATH:/usr/sbin command -v $program) ]] || skip "$program is not installed (make soak installs it)"
done
[[ $(id -u) == 0 ]] || skip "images are built by root alone here: debootstrap and the overlay store need it"

export PATH=$PATH:/usr/sbin LC_ALL=C.UTF-8
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
store=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)
log=$work/log
contained=()

builder() { buildah "${store[@]}" "$@"; }
# Not every machine has systemd, or may raise limits.
pods() { podman "${store[@]}" --cgroup-manager cgroupfs --events-backend none --runtime runc "$@"; }

end() {
    local code=$? name
    [[ $code == 0 || $code == 77 ]] || tail -n 40 "$log" 2>/dev/null || true
    for name in "${contained[@]}"; do pods rm --force --time 0 "$name" >/dev/null 2>&1 || true; done
    builder rm --all >/dev/null 2>&1 || true
    builder rmi --all --force >/dev/null 2>&1 || true
    umount "$work/storage/overlay" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
cd "$work"

base=docker.io/library/debian:12-slim
make_base() {
    local container folder
    if [[ ! -e $CACHE/base.tar ]]; then
        mkdir -p "$CACHE"
        "$here/make_base.sh" "$CACHE/base.tar" || skip "debootstrap makes no Debian 12 here (is the mirror reachable?)"
    fi
    container=$(builder from scratch) 2>"$log" || skip "buildah does not work here: $(tail -n 1 "$log")"
    folder=$(builder mount "$container" 2>"$log") || skip "buildah mounts nothing here: $(tail -n 1 "$log")"
    tar -xf "$CACHE/base.tar" -C "$folder"
    builder unmount "$container" >/dev/null
    builder commit --quiet --rm "$container" "$base" >/dev/null
    container=$(builder from --pull-never "$base")
    builder run --isolation chroot "$container" -- true 2>"$log" || skip "buildah runs nothing here: $(tail -n 1 "$log")"
    builder rm "$container" >/dev/null
}

build() { # name Dockerfile more…
    local name=$1 file=$2
    shift 2
    builder bud --isolation chroot --pull-never --format docker -f "$REPOSITORY/docker/$file" -t "$name" \
        --build-arg "CREATED=2026-01-01T00:00:00Z" --build-arg "REVISION=tested" "$@" "$REPOSITORY" >>"$log" 2>&1 ||
        { echo "$file does not build"; exit 1; }
}

bytes_of() { pods image inspect "$1" --format '{{.Size}}'; }

# The size of an image above its base, which must be at most so many MB.
at_most_above_base() { # image MB
    local above=$((($(bytes_of "$1") - $(bytes_of "$base")) / 1000000))
    echo "$1: $above MB above the base of $(($(bytes_of "$base") / 1000000)) MB"
    ((above > 0 && above <= $2)) || { echo "expected at most $2 MB"; exit 1; }
}

# A container whose root is read-only, in which nobody may become root, without a network: contain more… image words…
confined=(--read-only --read-only-tmpfs=false --cap-drop ALL --security-opt no-new-privileges
    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096)
contain() { pods run --rm --no-healthcheck --network none "${confined[@]}" "$@"; }
start() { # name more… image words…
    local name=$1
    shift
    contained+=("$name")
    pods run --detach --no-healthcheck --network none --name "$name" "${confined[@]}" "$@" >/dev/null
}

can_run() {
    contain "$base" true 2>"$log" || skip "podman runs no container here: $(tail -n 1 "$log")"
}
