# Never random ones by itself: it says how to get them.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
earshot extract corpus -o features.h5 --network resnet34
