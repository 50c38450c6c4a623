# Feature files that are missing, no HDF5, cut off, somebody else's, or models: each is named, exit 4.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --components 1 --quiet >/dev/null
echo text >text.h5
head -c 10000 features.h5 >cut.h5
/usr/bin/python3 -c 'import h5py; h5py.File("foreign.h5", "w")["x"] = [1, 2, 3]'
for file in missing.h5 text.h5 cut.h5 foreign.h5 model.h5; do
    earshot fit $file -o new.h5 --components 1 || echo $?
done
for file in missing.h5 text.h5 foreign.h5 features.h5; do
    earshot score $file features.h5 || echo $?
done
for file in missing.h5 text.h5 foreign.h5; do
    earshot show $file || echo $?
done
