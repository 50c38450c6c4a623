# Table 1 on synthetic machines with random weights: every row, nothing of the paper's, and what is there is used again.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve
mv corpus/0dB/valve "corpus/0dB/v<a>&b" # a name that must not become markup
reproduce() {
    earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --seeds 2 --components 2 --reg-covar 1e-2 --trees 8 --epochs 2 --quiet "$@"
}

echo "one machine, two detectors:"
reproduce --machines fan --detectors gmm,small_dcae >first.txt
cut -d, -f1-9 study/results.csv
cp study/results.csv first.csv

echo "all of it:"
reproduce --detectors gmm,bgmm,iforest,kde,ocsvm,lenet_dcae,small_dcae,knn --json >second.txt 2>second.err
/usr/bin/python3 - <<'PY'
import csv, json, xml.dom.minidom
cells = json.loads(open("second.txt").read().splitlines()[-1])
print(len(cells["cells"]), "cells,", sum("auc" in c for c in cells["cells"]), "computed, random:", cells["random_weights"])
assert all(c["paper"] is None for c in cells["cells"])
print(*[f'{c["extractor"]} {c["paper_detector"]}'.strip() for c in cells["cells"] if c["machine"] == "fan"], sep=", ")
new = list(csv.DictReader(open("study/results.csv")))
old = list(csv.DictReader(open("first.csv")))
print(len(new), "splits,", sum(row in new for row in old), "of", len(old), "as before")
mean = {}
for row in new:
    mean.setdefault((row["machine"], row["detector"]), []).append(float(row["auc"]))
for c in cells["cells"]:
    values = mean[c["machine"], c["detector"]]
    assert abs(sum(values) / len(values) - c["auc"]) < 1e-9
table = list(csv.DictReader(open("study/table.csv")))
gmm = next(row for row in table if row["detector"] == "GMM")
assert abs(float(gmm["fan_id_00"]) - 100 * sum(mean["fan", "gmm"]) / 2) < 0.01 and gmm["fan_id_00_paper"] == ""
page = open("study/report.html").read()
xml.dom.minidom.parseString(page.replace("<!DOCTYPE html>", ""))
print("heat map" if 'class="heatmap"' in page else "no heat map", "· RANDOM WEIGHTS" if "RANDOM WEIGHTS" in page else "")
PY
grep -c 'RANDOM WEIGHTS' first.txt

echo "again:"
reproduce --detectors gmm,bgmm,iforest,kde,ocsvm,lenet_dcae,small_dcae,knn --verbose 2>&1 >third.txt |
    grep -oE '[0-9]+ cells computed, [0-9]+ there already' | sort | uniq -c | sed 's/^ *//'
diff study/table.txt <(grep -vE '^(RANDOM WEIGHTS|this run|study/)' third.txt) && echo "the same table"

echo "from the folder above, without weights: what is there is used, what is not is missing:"
earshot reproduce corpus/0dB/fan -o below --networks squeezenet1_1 --weights seeded:1 --seeds 2 --detectors knn --quiet >/dev/null
export EARSHOT_WEIGHTS_DIR=$PWD
earshot reproduce corpus -o below --networks squeezenet1_1 --seeds 2 --detectors knn 2>above.err >/dev/null || echo $?
grep -oE '[0-9]+ cells computed.*' above.err
