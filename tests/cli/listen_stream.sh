# A stream gives what its windows give as files: 30 s as 16 bit integers, as floats, and as the mean of two channels.
. "$CASES/listen_model.sh"
listen_model
cat normal.pcm abnormal.pcm normal.pcm >stream.pcm
cat >windows.py <<'PY'
import array, sys, wave
pcm = array.array("h", open("stream.pcm", "rb").read())
array.array("f", [sample / 32768 for sample in pcm]).tofile(open("stream.f32", "wb"))
two = array.array("h", [value for i, sample in enumerate(pcm) for value in (sample, pcm[i - 1])])
two.tofile(open("stream2.pcm", "wb"))
def windows(folder, samples, channels, length, hop):
    for number in range(1 + (len(pcm) - length) // hop):
        with wave.open(f"{folder}/{number:04d}.wav", "wb") as file:
            file.setnchannels(channels), file.setsampwidth(2), file.setframerate(16000)
            file.writeframes(samples[number * hop * channels:(number * hop + length) * channels].tobytes())
windows("one", pcm, 1, 160000, 8192)
windows("two", two, 2, 48000, 32000)
PY
cat >compare.py <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
scores = json.load(open(sys.argv[2]))["recordings"]
hop, length = float(sys.argv[3]), float(sys.argv[4])
assert len(lines) == len(scores) > 0, (len(lines), len(scores))
for number, (line, file) in enumerate(zip(lines, scores)):
    assert line["score"] == file["score"], (number, line, file)  # nine digits
    if "verdict" in file:
        assert (line["percentile"], line["verdict"]) == (file["percentile"], file["verdict"]), (number, line, file)
    assert abs(line["start_s"] - number * hop) < 1e-9 and abs(line["end_s"] - number * hop - length) < 1e-9, line
    assert line["latency_s"] > 0 and line["smoothed"] == line["score"] and line["time"].endswith("Z")
print(sys.argv[1], len(lines), "windows score as files do")
PY
mkdir one two
/usr/bin/python3 windows.py
earshot score model.h5 one --as fan --json --quiet >one.json
listen_fan <stream.pcm >int16.jsonl # hop: the model's, 32 frames of 256 samples
/usr/bin/python3 compare.py int16.jsonl one.json 0.512 10
cat stream.f32 | listen_fan --format f32le --behind wait --queue 3 >float32.jsonl
/usr/bin/python3 compare.py float32.jsonl one.json 0.512 10
grep -c '"verdict":"not normal"' int16.jsonl float32.jsonl

# The mean of two channels, from a model that hears it; windows that do not touch would leave some out, these overlap.
extract_patches corpus -o mean.h5 --channel mean >/dev/null
earshot fit mean.h5 -o mean_model.h5 --detector knn --threshold none --quiet >/dev/null
earshot score mean_model.h5 two --as fan --json --quiet >two.json
earshot listen --model mean_model.h5 --as fan --channels 2 --window 3 --hop 2 --quiet <stream2.pcm >mean.jsonl 2>told.txt
/usr/bin/python3 compare.py mean.jsonl two.json 2 3
sed 's/.*warning: //' told.txt
head -1 mean.jsonl | grep -o '"percentile":null,"verdict":null,"alarm":null'
