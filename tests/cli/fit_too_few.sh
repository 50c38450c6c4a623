# Fewer patches than components: the advice, exit 4, no model.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_patches corpus/0dB/fan -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --quiet || code=$?
ls
exit $code
