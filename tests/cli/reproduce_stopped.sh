# A study that is stopped, or killed, goes on where it was, and ends as one that was not.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve
study=(earshot reproduce corpus --weights seeded:1 --networks squeezenet1_1 --seeds 2 --detectors gmm,knn,small_dcae --components 2 --reg-covar 1e-2 --epochs 40)
"${study[@]}" -o whole --quiet >whole.txt

# stopped when the first cell is there: 75
"${study[@]}" -o study >/dev/null 2>log.txt &
until [[ -n $(find study/cells -name '*.json' 2>/dev/null) ]]; do sleep 0.02; done
kill -TERM $!
wait $! || echo $?
grep -oE '^earshot: warning: stopped on a signal' log.txt
[[ -e study/results.csv ]] || echo "no table yet"

# killed a little later
"${study[@]}" -o study >/dev/null 2>&1 &
sleep 0.5
kill -KILL $! 2>/dev/null || true
wait $! 2>/dev/null || true

"${study[@]}" -o study --quiet >study.txt
cmp whole/results.csv study/results.csv && cmp whole/table.csv study/table.csv && echo "the same results"
