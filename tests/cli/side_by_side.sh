# Several runs, and several merges, of one output at once: each ends as if it were alone, and nothing stays.
. "$CASES/tiny_corpus.sh"
tiny_corpus --seconds 1.1 --normal 8
extract=(extract_patches corpus --shard-size 2)
"${extract[@]}" -o whole.h5 >/dev/null
all_end_well() {
    local process
    for process in "$@"; do wait "$process" || echo "exit $?"; done
}
for round in 1 2 3; do
    runs=()
    for run in 1 2 3 4; do
        "${extract[@]}" -o together.h5 >/dev/null &
        runs+=($!)
    done
    all_end_well "${runs[@]}"
    cmp whole.h5 together.h5
    rm together.h5 together.h5.run.json
    "${extract[@]}" -o merged.h5 --shard 0/1 >/dev/null
    runs=()
    for run in 1 2 3; do
        earshot merge merged.h5 --resume --quiet >/dev/null &
        runs+=($!)
    done
    all_end_well "${runs[@]}"
    cmp whole.h5 merged.h5
    rm merged.h5
done
ls
