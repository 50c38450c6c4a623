# A study that is stopped, or killed, goes on where it was, and ends as one that was not.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve
study=(earshot reproduce corpus --weights seeded:1 --networks squeezenet1_1 --seeds 2 --detectors gmm,knn,small_dcae --components 2 --reg-covar 1e-2 --epochs 60)
"${study[@]}" -o whole --quiet >whole.txt

# stopped in the middle of a training: 75
"${study[@]}" -o study >/dev/null 2>first.txt &
until grep -q 'small_dcae: epoch 5 ' first.txt 2>/dev/null; do sleep 0.02; done
kill -TERM $!
wait $! || echo $?
grep -oE 'warning: small_dcae: stopped' first.txt
[[ -e study/results.csv ]] || echo "no table yet"

# killed in the middle of what went on
"${study[@]}" -o study >/dev/null 2>second.txt &
until grep -q 'small_dcae: epoch 20 ' second.txt; do sleep 0.02; done
kill -KILL $!
wait $! 2>/dev/null || echo $?
grep -oE 'small_dcae: goes on after epoch' second.txt | sort -u

"${study[@]}" -o study --quiet >study.txt
cmp whole/results.csv study/results.csv && cmp whole/table.csv study/table.csv && echo "the same results"
find study -name '*.training*'
