#!/bin/bash
# Holds the job files for Kubernetes to its official schema: validate_jobs.sh REPOSITORY FOLDER. The schema comes with
# kubernetes-validate from PyPI, into a private environment in FOLDER; SKIPPED where that cannot be had.
set -euo pipefail
repository=$(realpath "$1")
environment=$2/venv-kubernetes

skip() {
    echo "SKIPPED: $1"
    exit 77
}
if [[ ! -x $environment/bin/kubernetes-validate ]]; then
    python3 -m venv "$environment" 2>/dev/null || skip "python3-venv is not installed"
    "$environment/bin/pip" install --quiet kubernetes-validate 2>/dev/null || skip "kubernetes-validate cannot be had from PyPI"
fi
validate() { "$environment/bin/kubernetes-validate" --strict -k "$1" "$2"; }

for version in 1.29 1.37; do
    for file in "$repository"/docker/k8s/*.yaml; do validate $version "$file"; done
done

# It would find a mistake.
wrong=$(mktemp --suffix=.yaml)
trap 'rm -f "$wrong"' EXIT
sed 's/completions: 16/completions: many/' "$repository/docker/k8s/extract-job.yaml" >"$wrong"
if validate 1.37 "$wrong" >/dev/null 2>&1; then
    echo "a number of pods that is no number was not found"
    exit 1
fi
sed 's/backoffLimitPerIndex/backoffLimitPerIndx/' "$repository/docker/k8s/extract-job.yaml" >"$wrong"
if validate 1.37 "$wrong" >/dev/null 2>&1; then
    echo "a misspelt name was not found"
    exit 1
fi

# The number of pods stands in three places.
"$environment/bin/python" - "$repository/docker/k8s/extract-job.yaml" <<'END'
import sys, yaml
spec = yaml.safe_load(open(sys.argv[1]))["spec"]
told = {v["name"]: v["value"] for v in spec["template"]["spec"]["containers"][0]["env"]}["JOB_COMPLETIONS"]
assert spec["completions"] == spec["parallelism"] == int(told), (spec["completions"], spec["parallelism"], told)
END
