# DCASE 2021 and later years: by section and domain, with decisions, and each seed in a folder of its own.
. "$CASES/tiny_corpus.sh"
. "$CASES/official_layouts.sh"
tiny_corpus --normal 10 --abnormal 4
dcase_layout 2023
extract_patches data -o features.h5 >/dev/null
earshot eval features.h5 -o results --protocol dcase --detector knn,iforest --seeds 2 --quiet >words
grep -A 9 '^protocol' words
for detector in knn iforest; do
    for seed in 0 1; do
        judge dcase results/$detector/seed_$seed >judged_${detector}_$seed
    done
done
cat judged_knn_0
cmp judged_knn_0 judged_iforest_1
# shuffled labels are no submission
earshot eval features.h5 -o shuffled --protocol dcase --detector knn --seeds 1 --shuffle-labels --quiet >/dev/null
ls shuffled
# too little to train on: told, as in any other protocol
rm -r data && dcase_layout 2021 && rm data/dev_data/ToyTrain/train/*
extract_patches data -o features2021.h5 >/dev/null
earshot eval features2021.h5 -o results2021 --protocol dcase --detector knn --seeds 1 --quiet >words || code=$?
grep '^left out' words
grep -v ToyTrain <list >fans && mv fans list
judge dcase results2021/knn/seed_0
exit $code
