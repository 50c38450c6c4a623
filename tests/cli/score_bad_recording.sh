# A recording to score that cannot be read is told once; the other one is scored; exit 3.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --components 1 --quiet >/dev/null
cp corpus/0dB/fan/id_00/normal/00000000.wav new.wav
echo no sound >bad.wav
earshot score model.h5 bad.wav new.wav --as fan,id_00,0dB >scores 2>told || echo $?
cut -d, -f1 scores
grep -c bad.wav told
