# Feature files that are there already, of two networks and with two machines in one: no recording is read again.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve
extract_tiny corpus -o tiny.h5 >/dev/null
earshot extract corpus -o patches.h5 --network patch --quiet >/dev/null
extract_patches corpus/0dB/valve -o valve.h5 >/dev/null
rm -r corpus
earshot reproduce tiny.h5 patches.h5 -o study --networks squeezenet1_1 --detectors knn,small_dcae --epochs 1 --seeds 2 --quiet >table.txt
cut -d, -f1-6 study/results.csv
ls study
echo "one of the machines:"
earshot reproduce tiny.h5 -o valve --networks squeezenet1_1 --detectors knn --machines valve --seeds 1 --quiet >table.txt
cut -d, -f1-6 valve/results.csv
echo "names that nothing answers to:"
earshot reproduce tiny.h5 -o valve --networks squeezenet1_1 --detectors knn --machines valve,fun/id_00,valve/id_00 --snr 0dB,3dB --seeds 1 --quiet 2>&1 >table.txt |
    grep 'no recordings'
echo "twice the same machine:"
cp tiny.h5 more.h5
earshot reproduce tiny.h5 more.h5 -o twice --networks squeezenet1_1 --detectors knn --quiet || echo $?
echo "files of which nothing is wanted, beside one of which something is, and alone:"
study_fan() { earshot reproduce "$@" --detectors small_dcae --epochs 1 --machines fan --seeds 1 --quiet >table.txt; }
study_fan valve.h5 patches.h5 -o some
cut -d, -f1-6 some/results.csv
study_fan valve.h5 -o none || echo $?
