# What cannot be studied: one sentence and the code of it.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
says() { "$@" >out.txt && echo 0 || echo $?; }
says earshot reproduce corpus
says earshot reproduce corpus -o study --networks resnet19
says earshot reproduce corpus -o study --detectors gmm,gmm
says earshot reproduce corpus -o study --machines pump --weights seeded:1 --quiet
says earshot reproduce corpus -o study --weights corpus/x.safetensors
says earshot reproduce nothing -o study
echo "features of other options:"
earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --detectors knn --seeds 1 --quiet >out.txt
says earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:2 --detectors knn --seeds 1 --quiet
says earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --detectors knn --seeds 1 --limit 3 --quiet
echo "features and recordings together:"
says earshot reproduce corpus study/features/squeezenet1_1/fan/id_00/0dB.h5 -o other --quiet
echo "no weights at all, then what is there is used:"
export EARSHOT_WEIGHTS_DIR=$PWD
says earshot reproduce corpus -o empty --networks resnet18 --detectors knn --quiet
says earshot reproduce corpus -o study --networks squeezenet1_1,resnet18 --detectors knn --seeds 1 --quiet
cut -d, -f1-6 study/results.csv
echo "features that are cut off:"
truncate -s 2000 study/features/squeezenet1_1/fan/id_00/0dB.h5
says earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --detectors knn --seeds 1 --quiet
