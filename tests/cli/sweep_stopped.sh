# A sweep that is stopped, killed, or shared out goes on where it was, and ends as one that was not.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve --normal 10 --abnormal 5
sweep=(earshot sweep corpus --weights seeded:1 --network squeezenet1_1,patch --offset 16,32 --seeds 2 --detector knn --shard-size 4)
"${sweep[@]}" -o whole --quiet >whole.txt

# what differs is nothing
compare() {
    for file in whole/features/*.h5; do cmp "$file" "$1/features/$(basename "$file")"; done
    cmp whole/results.csv "$1/results.csv" && cmp whole/summary.csv "$1/summary.csv" && echo "the same files"
    find "$1" -name '*.parts'
}
parts_are_there() { compgen -G "$1/features/*.parts/part-*.h5" >/dev/null; }

# stopped in the middle of a pass: 75
"${sweep[@]}" -o stopped >/dev/null 2>stopped.err &
until parts_are_there stopped; do sleep 0.01; done
kill -TERM $!
wait $! || echo $?
grep -oE 'warning: stopped on a signal' stopped.err

# killed while it goes on, here and there
for delay in 0.05 0.3 0.9; do
    "${sweep[@]}" -o stopped >/dev/null 2>&1 &
    sleep $delay
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
done
"${sweep[@]}" -o stopped --quiet >stopped.txt
compare stopped

# shared out to three tasks, in any order; joined by a run without --shard
for i in 2 0 1; do "${sweep[@]}" -o shared --shard $i/3 --quiet | tail -1; done
[[ ! -e shared/results.csv ]]
"${sweep[@]}" -o shared 2>shared.err >shared.txt
grep -oE '[0-9]+ of [0-9]+ parts are there already' shared.err
compare shared

# killed while it judges
rm -r shared/cells
"${sweep[@]}" -o shared >/dev/null 2>&1 &
until compgen -G 'shared/cells/*/*/*/*/*/seed-1.json' >/dev/null; do sleep 0.01; done
kill -KILL $! 2>/dev/null || true
wait $! 2>/dev/null || true
"${sweep[@]}" -o shared --quiet >shared.txt
compare shared
