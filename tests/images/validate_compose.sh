#!/bin/bash
# docker/compose.yaml to the official schema, prometheus.yml to promtool, and the image's name to the program's version:
# validate_compose.sh REPOSITORY FOLDER EARSHOT. The schema comes with check-jsonschema from PyPI, into a private environment in
# FOLDER; SKIPPED where that cannot be had.
set -euo pipefail
repository=$(realpath "$1")
environment=$2/venv-compose
version=$("$3" --version)
version=${version#earshot }

skip() {
    echo "SKIPPED: $1"
    exit 77
}
for file in docker/compose.yaml docker/k8s/extract-job.yaml docker/k8s/merge-job.yaml docker/k8s/serve.yaml; do
    grep -q "image: earshot:$version\$" "$repository/$file" || { echo "$file: image earshot:$version expected"; exit 1; }
done
for file in docker/Dockerfile docker/Dockerfile.cuda; do
    grep -qx "ARG VERSION=$version" "$repository/$file" || { echo "$file: VERSION=$version expected"; exit 1; }
done
# The two end alike, but for what a card takes.
ending() { sed -n '/^FROM ${BASE}$/,$p' "$1" | grep -vE 'NVIDIA|EARSHOT_HOST|image\.description'; }
if ! diff <(ending "$repository/docker/Dockerfile") <(ending "$repository/docker/Dockerfile.cuda"); then
    echo "docker/Dockerfile and docker/Dockerfile.cuda end differently"
    exit 1
fi
echo "every file names version $version"

[[ -n $(command -v promtool) ]] || skip "promtool is not installed (make test installs prometheus)"
promtool check config "$repository/docker/prometheus.yml"

if [[ ! -x $environment/bin/check-jsonschema ]]; then
    python3 -m venv "$environment" 2>/dev/null || skip "python3-venv is not installed"
    "$environment/bin/pip" install --quiet check-jsonschema 2>/dev/null || skip "check-jsonschema cannot be had from PyPI"
fi
validate() { "$environment/bin/check-jsonschema" --builtin-schema vendor.compose-spec "$1"; }
validate "$repository/docker/compose.yaml"

# It would find a mistake.
wrong=$(mktemp --suffix=.yaml)
trap 'rm -f "$wrong"' EXIT
sed 's/read_only: true/read_onyl: true/' "$repository/docker/compose.yaml" >"$wrong"
if validate "$wrong" >/dev/null 2>&1; then
    echo "a misspelt name was not found"
    exit 1
fi
