# SIGTERM, SIGUSR1: the batch at hand is finished, complete parts are kept, exit code 75; the same command goes on from there.
. "$CASES/tiny_corpus.sh"
tiny_corpus --seconds 10 --machines fan --normal 10 --abnormal 2
extract=(earshot extract corpus -o features.h5 --network squeezenet1_0 --weights seeded:1 --shard-size 1 --quiet)
stop_after() {
    "${extract[@]}" >/dev/null &
    until [[ -e features.h5.parts/part-$2.h5 ]]; do sleep 0.02; done
    kill -"$1" $!
    wait $! || echo $?
    [[ -e features.h5 ]] || echo "not finished"
}
stop_after TERM 000000
stop_after USR1 000004
"${extract[@]}" --json >json.txt
/usr/bin/python3 -c 'import json; r = json.load(open("json.txt")); print(r["recordings"], r["failed"])'
"${extract[@]}" --resume && ls
