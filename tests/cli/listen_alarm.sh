# Smoothing and the alarm, against a few lines of Python: normal, abnormal, normal sound, two seconds, a second apart.
. "$CASES/listen_model.sh"
listen_model
cat normal.pcm abnormal.pcm normal.pcm >stream.pcm
cat >expect.py <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
smooth, after, threshold, off = map(float, sys.argv[2:])
smoothed, above, alarm, went_on = None, 0, False, 0
for line in lines:
    share = 1 if smooth == 0 else 1 - math.exp(-1 / smooth)
    smoothed = line["score"] if smoothed is None else smoothed + share * (line["score"] - smoothed)
    above = above + 1 if smoothed > threshold else 0
    if alarm and smoothed <= off:
        alarm = False
    if not alarm and above >= after:
        alarm, went_on = True, went_on + 1
    assert abs(line["smoothed"] - smoothed) <= 1e-6 * abs(smoothed), (line, smoothed)
    assert line["alarm"] == alarm and (line["verdict"] == "not normal") == (line["score"] > threshold), line
print(len(lines), "lines,", went_on, "alarms, on at", [line["end_s"] for line in lines if line["alarm"]])
PY
levels() {
    listen_fan --window 2 --hop 1 --threshold "$3" --off "$4" --smooth "$1" --alarm-after "$2" <stream.pcm >lines.jsonl
    /usr/bin/python3 expect.py lines.jsonl "$@"
}
# Levels between what normal and abnormal sound scores here.
read -r low high < <(listen_fan --window 2 --hop 1 <stream.pcm | /usr/bin/python3 -c '
import json, sys
scores = [json.loads(line)["score"] for line in sys.stdin]
quiet, loud = sorted(scores[:9] + scores[20:]), sorted(scores[10:19])
print(quiet[14], (quiet[-1] + loud[5]) / 2)')
levels 0 1 "$high" "$high" | sed 's/, on at.*//'
levels 0 3 "$high" "$low" | sed 's/, on at.*//'
levels 2 1 "$high" "$low" | sed 's/, on at.*//'
levels 4 2 "$low" "$low" | sed 's/, on at.*//'
# The model's own threshold, and an alarm that ends below a share of normal scores.
listen_fan --window 10 --hop 1 --alarm-after 2 --json <stream.pcm | tail -1 | grep -o '"alarms":[0-9]*'
