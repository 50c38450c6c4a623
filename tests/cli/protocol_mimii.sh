# MIMII's baseline: the first normal recordings are tested with all abnormal ones; result.yaml under its keys.
. "$CASES/tiny_corpus.sh"
. "$CASES/official_layouts.sh"
tiny_corpus --normal 8 --abnormal 3
extract_patches corpus -o features.h5 >/dev/null
earshot eval features.h5 -o results --protocol mimii-baseline --detector knn,kde --seeds 1 --quiet >words
grep -A 9 '^protocol' words
cut -d, -f1-9 results/results.csv
for detector in knn kde; do
    judge mimii results/$detector/seed_0
done
# its numbers are those of results.csv
sed -n 's/^  AUC: //p' results/knn/seed_0/result.yaml >official
grep knn results/results.csv | cut -d, -f10 | /usr/bin/python3 -c '
import sys
pairs = list(zip(map(float, sys.stdin), map(float, open("official"))))
print(len(pairs), max(abs(a - b) for a, b in pairs) < 1e-9)'
grep -c 'Protocol mimii-baseline: All abnormal recordings are tested' results/report.html
