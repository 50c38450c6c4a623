# What is there and what would come, without writing anything.
. "$CASES/tiny_corpus.sh"
tiny_corpus
rm corpus/0dB/pump/id_00/normal/00000003.wav
touch corpus/readme.txt
earshot extract corpus --network patch --dry-run --quiet | grep -E '^(fan|pump)'
ls
