# The autoencoders learn from patches themselves: other features are refused by name, and left out of `all`.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_tiny corpus/0dB/fan -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --detector lenet_dcae --quiet 2>refused.txt || echo "exit $?"
grep -o 'features of network squeezenet1_1; earshot extract PATH -o patches.h5 --network patch' refused.txt
earshot eval features.h5 -o all --detector all --components 2 --reg-covar 1e-2 --seeds 1 --quiet >/dev/null
cut -d, -f4-6 all/results.csv
extract_patches corpus/0dB/fan -o patches.h5 >/dev/null
earshot fit patches.h5 -o model.h5 --detector small_dcae --epochs 1 --quiet | awk 'NR == 1 { print $4, $5 }'
earshot score model.h5 corpus/0dB/fan --quiet | cut -d, -f1-5 | sed -n 1,2p
earshot eval patches.h5 -o results --detector lenet_dcae,small_dcae --epochs 1 --seeds 1 --quiet >/dev/null
cut -d, -f4-6 results/results.csv
