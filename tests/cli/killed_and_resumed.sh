# Killed as soon as some part is there, run again: the bytes of a run that nobody disturbed.
. "$CASES/tiny_corpus.sh"
tiny_corpus --seconds 6 --machines fan --normal 8 --abnormal 4
extract=(earshot extract corpus --network squeezenet1_1 --weights seeded:1 --shard-size 1 --quiet)
"${extract[@]}" -o whole.h5 >/dev/null
for part in 000000 000003 000007; do
    "${extract[@]}" -o killed.h5 >/dev/null &
    until [[ -e killed.h5.parts/part-$part.h5 ]]; do sleep 0.01; done
    kill -KILL $!
    wait $! 2>/dev/null || echo "killed: $?"
    [[ ! -e killed.h5 ]]
    "${extract[@]}" -o killed.h5 >/dev/null
    cmp whole.h5 killed.h5 && rm killed.h5
done
