# New recordings of a folder, closed or renamed into place, score as they do with `score`; what cannot be used is told.
. "$CASES/listen_model.sh"
listen_model
mkdir inbox
cp corpus/0dB/fan/id_00/normal/00000000.wav inbox/before.wav
earshot listen --model model.h5 --group fan --quiet --watch inbox --smooth 10 --json >lines.jsonl 2>told.txt &
listener=$!
wait_for_lines() {
    for _ in $(seq 600); do
        (($(wc -l <lines.jsonl) < $1)) || return 0
        sleep 0.1
    done
    echo "line $1 did not come"
}
# It watches as soon as its folder has a watcher.
until grep -qs inotify "/proc/$listener/fdinfo/"*; do sleep 0.05; done
cp corpus/0dB/fan/id_00/normal/00000001.wav inbox/one.wav
wait_for_lines 1
cp corpus/0dB/fan/id_00/abnormal/00000000.wav inbox/two.wav.part
mv inbox/two.wav.part inbox/two.wav
echo "not a recording" >inbox/three.wav
echo "notes" >inbox/notes.txt
wait_for_lines 3
: >inbox/four.wav
wait_for_lines 4
kill -TERM $listener
code=0
wait $listener || code=$?
echo "exit $code"
earshot score model.h5 inbox/one.wav inbox/two.wav --as fan --json --quiet >scores.json
/usr/bin/python3 - <<'PY'
import json, math
*lines, summary = [json.loads(line) for line in open("lines.jsonl")]
scores = {row["recording"]: row for row in json.load(open("scores.json"))["recordings"]}
for line in lines:
    name = line["recording"]
    if name in scores:
        same = all(line[key] == scores[name][key] for key in ("score", "percentile", "verdict"))
        print(name, "scores as with score:", same, line["end_s"])
    else:
        print(name, line["score"], line["error"])
one, two = (scores[f"inbox/{name}.wav"]["score"] for name in ("one", "two"))
expected = one + (1 - math.exp(-1)) * (two - one)  # 10 s later
print("smoothed:", abs(lines[1]["smoothed"] - expected) < 1e-6 * expected)
print({name: summary[name] for name in ("scored", "failed", "alarms")})
PY
sed 's/^earshot: //' told.txt
