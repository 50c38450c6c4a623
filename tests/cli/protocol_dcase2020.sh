# DCASE 2020: folders say what trains; the evaluation set is scored, not judged; machines are spelled as their folders.
. "$CASES/tiny_corpus.sh"
. "$CASES/official_layouts.sh"
tiny_corpus --normal 10 --abnormal 4
dcase2020_layout
extract_patches data -o features.h5 >/dev/null
earshot eval features.h5 -o results --protocol dcase2020 --detector knn --seeds 1 --quiet >words
grep -A 9 '^protocol' words
cut -d, -f1-9 results/results.csv
grep -c ',,$' results/results.csv
judge dcase2020 results/knn/seed_0
# the evaluation set alone has nothing to judge
extract_patches data/eval_data/ToyConveyor -o alone.h5 >/dev/null
earshot eval alone.h5 -o alone --protocol dcase2020 --detector knn --seeds 1 --json --quiet |
    /usr/bin/python3 -c 'import json, sys; j = json.load(sys.stdin); print(j["protocol"], j["auc"], j["unjudged"], j["groups"])'
ls alone/knn/seed_0
cmp alone/knn/seed_0/anomaly_score_ToyConveyor_id_05.csv results/knn/seed_0/anomaly_score_ToyConveyor_id_05.csv
# two recordings of one name: no official files, but the report of what was fitted
mkdir data/more && cp -r data/dev_data/fan data/more
extract_patches data/dev_data data/more -o twice.h5 >/dev/null
earshot eval twice.h5 -o twice --protocol dcase2020 --detector knn --seeds 1 --quiet || echo $?
ls twice
