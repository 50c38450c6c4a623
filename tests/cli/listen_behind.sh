# Who reads the lines is slow: windows are dropped, and each is told. A stream that may wait loses none. SIGTERM is an end.
. "$CASES/listen_model.sh"
listen_model
for _ in 1 2 3; do cat normal.pcm; done >stream.pcm
cat >slow.py <<'PY'
import json, sys, time
for number, line in enumerate(sys.stdin):
    if number == 0:
        time.sleep(3)  # meanwhile a pipe holds the lines of some hundred windows
    sys.stdout.write(line)
PY
cat >count.py <<'PY'
import json, sys
*lines, summary = [json.loads(line) for line in open(sys.argv[1])]
told = sum(line.get("dropped", 0) for line in lines)
starts = [round(line["start_s"] / 0.02) for line in lines]
gaps = all(b - a == 1 + line.get("dropped", 0) for a, b, line in zip([-1] + starts, starts, lines))
print("scored:", summary["scored"] == len(lines), "dropped:", summary["dropped"] > 0, "all told:",
      gaps and 0 <= summary["dropped"] - told, "together:", summary["scored"] + summary["dropped"])
PY
# 1,446 windows of 1.1 s; a pipe with no reader for a while, and more to come when it reads again.
many=(--window 1.1 --hop 0.02 --json)
(cat normal.pcm normal.pcm; sleep 4; cat normal.pcm) | listen_fan "${many[@]}" --queue 2 2>told.txt | /usr/bin/python3 slow.py >lines.jsonl
/usr/bin/python3 count.py lines.jsonl
grep -c dropped told.txt
sed -E 's/^earshot: //; s/[0-9.]+ s:/N s:/; s/[0-9]+ (windows were|scored)/N \1/g' told.txt
cat stream.pcm | listen_fan "${many[@]}" --queue 2 --behind wait 2>told.txt | /usr/bin/python3 slow.py >lines.jsonl
/usr/bin/python3 count.py lines.jsonl
wc -c <told.txt

# A stream that goes on for ever, ended by a signal: what was heard is scored, exit 0.
mkfifo pipe
(cat normal.pcm; sleep 60) >pipe &
writer=$!
earshot listen --model model.h5 --group fan --quiet --window 5 --hop 5 --lines text <pipe >lines.txt &
listener=$!
until [[ $(wc -l <lines.txt) == 2 ]]; do sleep 0.1; done
kill -TERM $listener
code=0
wait $listener || code=$?
kill $writer
echo "exit $code"
sed -E 's/^[-0-9T:.]+Z/TIME/; s/score [-0-9.e+]+  smoothed [-0-9.e+]+/SCORES/; s/percentile [0-9.]+/P/; s/latency [0-9.]+/latency N/; s/(not )?normal/WORD/' lines.txt
