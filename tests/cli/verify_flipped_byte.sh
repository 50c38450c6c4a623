# One byte of the features, of a text and of the header of a dataset: exit 7 each time.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_patches corpus -o features.h5 >/dev/null
size=$(stat -c %s features.h5)
for place in 1000 $((size / 2)) $((size - 100)); do
    /usr/bin/python3 - $place <<'END'
import sys
place, data = int(sys.argv[1]), bytearray(open("features.h5", "rb").read())
data[place] ^= 4
open("flipped.h5", "wb").write(data)
END
    earshot verify flipped.h5 --quiet || echo $?
done
