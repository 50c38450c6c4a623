# Verdicts: a threshold from training recordings scored as if they were new, kept in the model, used by score.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,pump --normal 20 --abnormal 5
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --detector knn --quiet >fit.txt
head -1 fit.txt | grep -o threshold
earshot score model.h5 features.h5 --quiet >scores.csv
head -1 scores.csv
/usr/bin/python3 - <<'PY'
import csv, h5py
rows = list(csv.DictReader(open("scores.csv")))
model = h5py.File("model.h5")["models"]
for group in ("fan/id_00/0dB", "pump/id_00/0dB"):
    found = model[group + "/calibration"]
    scores, rate = sorted(found["scores"][:]), found.attrs["false_alarms"]
    threshold = scores[19] if found.attrs["method"] in (b"quantile", "quantile") else None  # the 20th of 20: ceil(21 · 0.95)
    mine = [r for r in rows if r["machine"] == group.split("/")[0]]
    agree = all((float(r["score"]) > threshold) == (r["verdict"] == "not normal") for r in mine)
    ranks = all(abs(sum(s <= float(r["score"]) for s in scores) / 21 - float(r["percentile"])) < 1e-4 for r in mine)
    print(group, len(scores), f"{rate:g}", "verdicts agree:", agree, "percentiles agree:", ranks)
PY
# Scores pooled otherwise have no threshold; nor has a model that was asked for none, or has learned from too little.
earshot score model.h5 features.h5 --pool max --quiet 2>told.txt | head -1
sed 's/.*warning: //' told.txt
earshot fit features.h5 -o none.h5 --detector knn --threshold none --quiet >/dev/null
earshot score none.h5 features.h5 --quiet | head -1
earshot fit features.h5 -o few.h5 --detector knn --threshold quantile --false-alarms 0.01 --quiet 2>told.txt >/dev/null
sed 's/.*warning: //' told.txt | sort
earshot score model.h5 features.h5 --json --quiet | tail -1 | /usr/bin/python3 -c '
import json, sys
first = json.load(sys.stdin)["recordings"][0]
print(sorted(first))'
