#!/bin/bash
# Runs one case of this folder (README.md): run_case.sh EARSHOT CASE
set -euo pipefail

earshot=$(realpath "$1")
CASES=$(realpath "$(dirname "$0")")
case_file=$CASES/$2
[[ -f $case_file.sh ]] || { echo "$case_file.sh is not there"; exit 1; }

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
mkdir "$TMP/bin" "$TMP/work"
ln -s "$earshot" "$TMP/bin/earshot"
while read -r name; do unset "$name"; done < <(compgen -e | grep '^EARSHOT_' || true)
# Answers are the CPU's, also on a machine with a card.
export EARSHOT_CUDA_PLUGIN=none
unset CUDA_VISIBLE_DEVICES
export CASES PATH="$TMP/bin:$PATH" XDG_CACHE_HOME="$TMP/cache" LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

status=0
(cd "$TMP/work" && exec bash -eu "$case_file.sh") >"$TMP/stdout" 2>"$TMP/stderr" </dev/null || status=$?
if [[ $status == 77 ]]; then
    grep -h SKIPPED "$TMP/stdout" "$TMP/stderr"
    exit 77
fi
sed -i "s,$TMP/work,\$TMP,g" "$TMP/stdout" "$TMP/stderr"

# stderr's lines against one extended regular expression each.
compare_stderr() {
    local -a patterns lines
    local i
    mapfile -t patterns <"$case_file.stderr"
    mapfile -t lines <"$TMP/stderr"
    for ((i = 0; i < ${#patterns[@]} || i < ${#lines[@]}; i++)); do
        if ! grep -qxE -- "${patterns[i]-(no more lines)}" <<<"${lines[i]-}"; then
            echo "stderr, line $((i + 1)): expected ${patterns[i]-nothing}"
            echo "                found    ${lines[i]-nothing}"
            return 1
        fi
    done
}

failed=0
expected_stdout=/dev/null
[[ ! -f $case_file.stdout ]] || expected_stdout=$case_file.stdout
diff -u --label expected --label found "$expected_stdout" "$TMP/stdout" || failed=1
if [[ -f $case_file.stderr ]]; then
    compare_stderr || failed=1
fi
expected=$(cat "$case_file.exit" 2>/dev/null || echo 0)
if [[ $status != "$expected" ]]; then
    echo "exit code $status, expected $expected"
    failed=1
fi
if ((failed)); then
    echo "stderr was:"
    cat "$TMP/stderr"
fi
exit $failed
