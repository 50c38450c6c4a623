# Signs of silent wrongness are told, by extract, merge, show and in the file; none changes the exit code or the features.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_patches corpus -o good.h5 >/dev/null
folder=corpus/0dB/fan/id_00/normal
/usr/bin/python3 "$CASES/odd_recordings.py" $folder

echo "== extract"
extract_patches corpus --resample -o features.h5 --json >json.txt
/usr/bin/python3 - <<'END'
import json
import h5py
told = json.load(open("json.txt"))["warnings"]
kept = h5py.File("features.h5")["warnings"]
for name, count, example in zip(kept["name"], kept["count"], kept["example"]):
    words = told[name.decode()]
    print(name.decode(), count, example.decode().split("/")[-1], words == {"count": count, "example": example.decode()})
good = h5py.File("good.h5")["warnings"]
print(sum(good["count"]), set(good["example"]))
END

echo "== show"
earshot show features.h5 | grep -A7 Warnings
earshot show good.h5 | grep -c Warnings || true
earshot show --json features.h5 | /usr/bin/python3 -c 'import json; print(json.load(open(0))["warnings"] == json.load(open("json.txt"))["warnings"])'

echo "== the report"
printf 'no recording' >$folder/text.flac
extract_patches corpus --resample -o more.h5 >/dev/null 2>&1 || echo "exit $?"
earshot eval more.h5 -o results --components 2 --held-out 1 --seeds 1 --quiet >/dev/null 2>&1
grep -A3 -e 'Warnings about' -e 'that failed' results/report.html | sed 's/: not a rec.*/: not a rec/'
rm $folder/text.flac

echo "== in parts, the same bytes"
extract_patches corpus --resample -o parts.h5 --shard-size 2 --shard 1/2 >/dev/null
extract_patches corpus --resample -o parts.h5 --shard-size 2 --shard 0/2 >/dev/null
earshot merge parts.h5
cmp parts.h5 features.h5

echo "== the same features from other samples"
extract_patches zeros -o zeros.h5 >summary.txt
earshot show zeros.h5 | grep -A3 Warnings
