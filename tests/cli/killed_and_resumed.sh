# Killed at some instant, run again: the bytes of a run that nobody disturbed.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract=(earshot extract corpus --network squeezenet1_1 --weights seeded:1 --shard-size 2 --quiet)
"${extract[@]}" -o whole.h5 >/dev/null
for after in 0.05 0.2 0.4 0.6; do
    "${extract[@]}" -o killed.h5 >/dev/null &
    sleep $after
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    [[ -e killed.h5 ]] || "${extract[@]}" -o killed.h5 >/dev/null
    cmp whole.h5 killed.h5 && rm killed.h5
done
