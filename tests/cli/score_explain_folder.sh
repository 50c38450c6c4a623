# Where `score --explain` may write: into a new or empty folder; --overwrite allows others. It is asked before any work.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --components 1 --quiet >/dev/null
mkdir full
echo mine >full/notes
earshot score model.h5 features.h5 --explain full --quiet || echo $?
earshot score model.h5 features.h5 --explain full/notes --quiet || echo $?
earshot score model.h5 features.h5 --explain full/notes/below --quiet || echo $?
earshot score model.h5 features.h5 --explain full --overwrite --quiet | wc -l
ls full | wc -l
cat full/notes
earshot score model.h5 nothing.wav --as fan --explain new/pages --quiet || echo $?
[ -d new/pages ] || echo nothing stays
