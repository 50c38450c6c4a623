# `score --explain`: a page for each recording, of a feature file and of recordings themselves. It is well-formed, loads
# nothing, and holds the numbers that --patches prints.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_tiny corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --components 1 --reg-covar 1e-2 --quiet >/dev/null
earshot score model.h5 features.h5 --explain pages --patches --quiet >patches.csv
ls pages
/usr/bin/python3 - <<'END'
import csv, re, xml.etree.ElementTree as tree
from collections import defaultdict
patches = defaultdict(set)
for row in csv.DictReader(open("patches.csv")):
    patches[row["recording"]].add((row["start_s"], row["score"]))
same = loads = drawn = 0
for recording, expected in patches.items():
    text = open(f"pages/{recording.replace('/', '_')}.html").read()
    page = tree.fromstring(text.replace("<!DOCTYPE html>", ""))
    rows = [tuple(cell.text for cell in row) for row in page.iter("tr")]
    same += expected == {row for row in rows if row in expected} and f"<h1>{recording}</h1>" in text
    drawn += len(page.findall(".//svg/image")) == 1 and text.count('class="patch"') == len(expected) + 1
    loads += len(re.findall("https?:|<script", text))
    loads += sum(not image.get("href").startswith("data:image/png;base64,") for image in page.iter("image"))
print(len(patches), "recordings:", same, "with the patches' scores,", drawn, "drawn;", loads, "things loaded")
END
grep -l '<b>RANDOM WEIGHTS' pages/*.html | wc -l

echo "recordings that would share a name"
mkdir a b
cp corpus/0dB/fan/id_00/normal/00000000.wav a/new.wav
cp corpus/0dB/fan/id_00/normal/00000001.wav a_new.wav
cp corpus/0dB/fan/id_00/normal/00000002.wav 'b/<i>&.wav'
earshot score model.h5 a/new.wav a_new.wav b --as fan,id_00 --explain others --json --quiet >told.json
/usr/bin/python3 -c '
import json, os
told = json.load(open("told.json"))
print(*[recording["recording"] for recording in told["recordings"]], sep="\n")
print(*told["pages"], all(os.path.getsize(page) > 5000 for page in told["pages"]))'
grep -c '<h1>&lt;i&gt;&amp;.wav</h1>' others/*_i_*.html

echo "a recording that is gone"
rm corpus/0dB/fan/id_00/normal/00000000.wav
earshot score model.h5 features.h5 --explain missing --quiet 2>told >scores.csv || echo $?
wc -l <scores.csv
cat told
grep -l 'No picture: ' missing/*.html

echo "channels, and segments after the first"
earshot synth wide --machines fan --channels 2 --seconds 4 --normal 3 --abnormal 1 --quiet >/dev/null
extract_patches wide -o wide.h5 --channel all --segment 1.5 >/dev/null
earshot fit wide.h5 -o wide-model.h5 --components 1 --reg-covar 1e-2 --quiet >/dev/null
earshot score wide-model.h5 wide.h5 --explain wide-pages --quiet | wc -l
grep -hoE "Channel 0 of 2 is drawn.* on all of it" wide-pages/*abnormal*
grep -hoE "Highest patches: [^<]*" wide-pages/*abnormal*
