# Each is refused with what was found and what was expected, before anything is written.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_patches corpus -o features.h5 --n-mels 16 >/dev/null
earshot fit features.h5 -o model.h5 --reduce 64 || echo $?
earshot fit features.h5 -o model.h5 --reduce pca:0.9 || echo $?
earshot fit features.h5 -o model.h5 --reduce pca:5000 --detector knn || echo $?
earshot fit features.h5 -o model.h5 --reduce pca:3 --detector lenet_dcae || echo $?
earshot fit features.h5 -o model.h5 --scale-floor -1 || echo $?
earshot fit features.h5 -o model.h5 --pool best || echo $?
earshot fit features.h5 -o model.h5 --pool top:0 || echo $?
ls *.h5
earshot fit features.h5 -o model.h5 --detector knn --quiet >/dev/null
earshot score model.h5 features.h5 --pool top:2 || echo $?
earshot eval features.h5 -o results --detector small_dcae,knn --reduce pca:3 --seeds 1 --quiet >/dev/null || echo $?
cut -d, -f4-6 results/results.csv
