# Detectors that keep training rows: each learns, its model is read back and scores; settings that make no sense end
# with 2, those that do not fit the data with 4.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
for detector in "knn --k 2" "knn --metric cosine" "kde --bandwidth scott" "lof --k 5" "ocsvm --nu 0.1"; do
    rm -f model.h5
    earshot fit features.h5 -o model.h5 --detector $detector --quiet >/dev/null
    earshot score model.h5 features.h5 --quiet >scores.csv
    echo "$detector: $(grep -cE ',(not )?normal$' scores.csv) scores"
done
for bad in "kde --bandwidth wide" "ocsvm --gamma -1" "knn --k 1000"; do
    exit_code=0
    earshot fit features.h5 -o bad.h5 --detector $bad --quiet >/dev/null 2>error.txt || exit_code=$?
    echo "$bad: $exit_code"
    tail -1 error.txt
done
