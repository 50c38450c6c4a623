# Several groups in the model and a path that does not tell: exit 2 and the list; --as says which.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --components 1 --quiet >/dev/null
cp corpus/0dB/fan/id_00/normal/00000000.wav new.wav
earshot score model.h5 new.wav --quiet || echo $?
earshot score model.h5 new.wav --as fan,id_00,0dB --quiet | cut -d, -f1
