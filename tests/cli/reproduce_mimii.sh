# Real recordings and weights: every row that can be filled is filled, with the paper's numbers beside it; the others say why.
[[ -d $SHARED/data/mimii/0dB && -d $SHARED/weights ]] || { echo "SKIPPED: no recordings and weights in $SHARED"; exit 77; }
export EARSHOT_WEIGHTS_DIR=$SHARED/weights
earshot reproduce "$SHARED/data/mimii/0dB" -o study --epochs 2 --components 8 --reg-covar 1e-3 --quiet --json >out.txt 2>err.txt || echo $?
/usr/bin/python3 - <<'PY'
import csv, json, os
SHARED = os.environ["SHARED"]
cells = json.loads(open("out.txt").read().splitlines()[-1])["cells"]
print(len(cells), "cells,", sum("auc" in c for c in cells), "computed")
for c in cells:
    assert ("auc" in c) == (c["machine"] == "fan" and c["id"] == "id_00" and c["extractor"] not in ("AlexNet", "ResNet34")), c
    assert c["paper"] is not None
    assert "auc" not in c or (0 <= c["auc"] <= 1 and c["sd_bootstrap"] > 0)
print(*sorted({c["reason"].split(";")[0].replace(SHARED, "SHARED") for c in cells if "reason" in c}), sep="\n")
auc = {(c["extractor"], c["paper_detector"]): c["auc"] for c in cells if "auc" in c}
# On this fan ResNet18 beats SqueezeNet with every detector (a Python script of its own finds the same).
print(all(auc["ResNet18", d] > auc["SqueezeNet 1.0", d] for d in ("GMM", "B-GMM", "IF", "KDE", "OC-SVM")))
paper = next(csv.DictReader(open("study/table.csv")))
print(paper["extractor"], paper["detector"], paper["fan_id_00"] or "-", paper["fan_id_00_paper"])
PY
grep -c "at -6dB" study/table.txt
