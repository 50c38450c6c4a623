# A good file; the same file with one bit changed; cut off; a recording that changed since.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_patches corpus -o features.h5 >/dev/null
earshot verify features.h5
earshot verify features.h5 --recompute 3 --quiet
cp features.h5 flipped.h5
/usr/bin/python3 - <<'END'
with open("flipped.h5", "r+b") as f:
    f.seek(20000)
    byte = f.read(1)[0]
    f.seek(20000)
    f.write(bytes([byte ^ 1]))
END
earshot verify flipped.h5 || echo $?
head -c 20000 features.h5 >cut.h5
earshot verify cut.h5 || echo $?
cp corpus/0dB/pump/id_00/normal/00000000.wav corpus/0dB/fan/id_00/normal/00000000.wav
earshot verify features.h5 --recompute 1000 --quiet || echo $?
