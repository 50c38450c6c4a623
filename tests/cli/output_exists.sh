# An existing output is refused, kept by --resume, replaced by --overwrite.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
echo precious >features.h5
extract_patches corpus -o features.h5 || echo $?
cat features.h5
extract_patches corpus -o features.h5 --overwrite | without_speed
sha256sum features.h5 >before
extract_patches corpus -o features.h5 --resume
sha256sum --check --quiet before
mkdir results
earshot fit features.h5 -o results --components 1 --quiet || echo $?
