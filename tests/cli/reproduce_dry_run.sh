# --dry-run: what it would take, nothing is written; without weights that is said and the rest goes on.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan --normal 8 --abnormal 4 --seconds 10
export EARSHOT_WEIGHTS_DIR=$PWD
earshot reproduce corpus -o study --networks resnet18 --dry-run --epochs 2 --json --quiet 2>/dev/null >out.txt
/usr/bin/python3 - <<'PY'
import json
told = json.load(open("out.txt"))
for network in told["networks"]:
    print(network["network"], network["files"], "no weights" if "reason" in network else "",
          *[d["detector"] for d in network["detectors"] if d["seconds"] > 0])
assert told["estimated_seconds"] > 0
PY
earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --detectors knn --dry-run --quiet >out.txt
sed -E 's/ +[0-9]+ (s|min.*)$/ TIME/' out.txt
ls
