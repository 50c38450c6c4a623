# One thread, so one group after the other. A training that is stopped or killed in its second group goes on, to the bytes of one that nobody disturbed.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,pump
extract_patches corpus -o patches.h5 >/dev/null
fit=(earshot fit patches.h5 --detector small_dcae --epochs 100 --threads 1)
"${fit[@]}" -o whole.h5 --quiet >/dev/null
for signal in TERM KILL; do
    "${fit[@]}" -o model.h5 >/dev/null 2>stopped.txt &
    until [[ -e model.h5.training/000001.h5 ]]; do sleep 0.01; done
    kill -$signal $!
    wait $! 2>/dev/null || echo "$signal: $?"
    [[ ! -e model.h5 && -e model.h5.training/000000.h5 ]]
    grep -o 'run again to go on' stopped.txt || echo "(no last words)"
    "${fit[@]}" -o model.h5 >/dev/null 2>again.txt
    grep -Eo 'goes on after epoch [0-9]+ of 100$' again.txt | sed -E 's/epoch [0-9]?[0-9] /epoch N /'
    [[ ! -e model.h5.training ]]
    cmp whole.h5 model.h5 && rm model.h5
done
# Both groups at once, on two threads.
"${fit[@]}" --threads 2 -o model.h5 >/dev/null 2>stopped.txt &
until [[ -e model.h5.training/000000.h5 && -e model.h5.training/000001.h5 ]]; do sleep 0.01; done
kill -KILL $!
wait $! 2>/dev/null || true
"${fit[@]}" --threads 2 -o model.h5 >/dev/null 2>again.txt
echo "groups that go on: $(grep -c 'goes on after epoch' again.txt)"
cmp whole.h5 model.h5 && rm model.h5
# Other settings where a stopped run left its work: told for each group, begun anew, nothing stays.
"${fit[@]}" -o model.h5 >/dev/null 2>stopped.txt &
until [[ -e model.h5.training/000001.h5 ]]; do sleep 0.01; done
kill -TERM $!
wait $! || true
earshot fit patches.h5 -o model.h5 --detector small_dcae --epochs 1 --batch-size 3 --threads 1 --quiet 2>told.txt >/dev/null
sed 's/.*warning: //' told.txt
ls
