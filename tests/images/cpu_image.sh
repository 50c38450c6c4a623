#!/bin/bash
# docker/Dockerfile, built and run: cpu_image.sh REPOSITORY CACHE. How large it is; that it works as an ordinary user on a root that
# nobody can write; what SIGTERM does; its labels and its list of packages; and, where the program has it, the server.
REPOSITORY=$(realpath "$1") CACHE=$(realpath -m "$2")
. "$REPOSITORY/tests/images/image_words.sh"
. "$REPOSITORY/tests/images/image_serves.sh"
image=localhost/earshot:tested
make_base
can_run
build $image Dockerfile
at_most_above_base $image 150

echo "--- labels and user"
version=$(contain $image --version)
echo "$version"
label() { pods image inspect $image --format "{{index .Config.Labels \"org.opencontainers.image.$1\"}}"; }
[[ $version == "earshot $(label version)" && $(label licenses) == Apache-2.0 && $(label revision) == tested ]]
[[ $(contain --entrypoint id $image -u) == 1000 ]]
if contain --entrypoint touch $image /work/new 2>>"$log"; then
    echo "the root can be written"
    exit 1
fi

echo "--- synth, extract, fit, score, eval"
mkdir data weights
chown 1000:1000 data weights
work_in() { contain -v "$work/data:/data" -v "$work/weights:/weights" -w /data "$@"; }
extraction=(extract corpus --network squeezenet1_1 --weights auto --shard-size 1 --progress none)
work_in $image synth corpus --machines fan --seconds 10 --normal 10 --abnormal 4 --quiet >>"$log"
work_in $image weights seeded squeezenet1_1 --seed 1 -o /weights/squeezenet1_1.safetensors >>"$log" 2>&1
work_in $image "${extraction[@]}" -o whole.h5 >>"$log" 2>&1
work_in $image eval whole.h5 -o results --detector knn --seeds 2 --held-out 4 --quiet >>"$log" 2>&1
head -n 2 data/results/results.csv
[[ -s data/results/report.html && $(stat -c %u data/whole.h5) == 1000 ]]
work_in $image fit whole.h5 -o model.h5 --detector knn --quiet >>"$log" 2>&1
# Recordings are extracted into TMPDIR first.
work_in -e TMPDIR=/data $image score model.h5 corpus --quiet >scores.csv 2>>"$log"
[[ $(wc -l <scores.csv) == 15 ]]

echo "--- SIGTERM"
start stopped -v "$work/data:/data" -v "$work/weights:/weights" -w /data $image "${extraction[@]}" --threads 1 -o stopped.h5
until compgen -G 'data/stopped.h5.parts/part-*.h5' >/dev/null; do sleep 0.05; done
pods exec stopped /usr/local/lib/earshot/healthcheck.sh # well, though it is no server
pods stop --time 60 stopped >>"$log"
code=$(pods inspect stopped --format '{{.State.ExitCode}}')
[[ $code == 75 ]] || { echo "exit code $code"; exit 1; }
n_parts=$(find data/stopped.h5.parts -name 'part-*' | wc -l)
((n_parts > 0 && n_parts < 14)) || { echo "$n_parts of 14 parts"; exit 1; }
work_in $image "${extraction[@]}" -o stopped.h5 --resume >>"$log" 2>&1
cmp data/whole.h5 data/stopped.h5
echo "exit code 75, then the bytes of a run that nobody stopped"

echo "--- list of packages"
contain --entrypoint cat $image /usr/local/share/earshot/sbom.spdx.json >sbom.spdx.json
contain --entrypoint dpkg-query $image -W -f '${Package} ${Version}\n' >packages
python3 "$here/check_sbom.py" sbom.spdx.json packages "$(label version)"
if [[ ! -x $CACHE/venv/bin/pyspdxtools ]]; then
    { python3 -m venv "$CACHE/venv" && "$CACHE/venv/bin/pip" install --quiet spdx-tools; } >>"$log" 2>&1 || rm -rf "$CACHE/venv"
fi
if [[ -x $CACHE/venv/bin/pyspdxtools ]]; then
    "$CACHE/venv/bin/pyspdxtools" --infile sbom.spdx.json
    echo "valid SPDX"
else
    echo "SKIPPED: spdx-tools cannot be had from PyPI, so the list was not held to SPDX's own rules"
fi

echo "--- server"
serves $image
