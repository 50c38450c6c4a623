# A disk that fills up in the middle of the parts, or while they are joined; a file system that is read-only: one sentence each,
# complete parts stay, and with more room the same command ends with the bytes of a run that nobody disturbed.
. "$CASES/tiny_corpus.sh"
mkdir disk
if ! mount -t tmpfs -o size=220k none disk 2>/dev/null; then
    echo "SKIPPED: this machine does not let us mount a small disk"
    exit 77
fi
trap 'umount disk' EXIT
tiny_corpus --seconds 1.1 --machines fan --normal 14 --abnormal 4
extract=(extract_patches corpus --shard-size 2)
"${extract[@]}" -o whole.h5 >/dev/null

echo "in the middle of the parts"
"${extract[@]}" -o disk/features.h5 || echo $?
[[ -e disk/features.h5.parts/part-000000.h5 && ! -e disk/features.h5.parts/part-000008.h5 ]]
find disk -name '*.tmp'

echo "while they are joined"
mount -o remount,size=600k disk
"${extract[@]}" -o disk/features.h5 || echo $?
[[ -e disk/features.h5.parts/part-000008.h5 && ! -e disk/features.h5 ]]
earshot merge disk/features.h5 --quiet || echo $?
find disk -name '*.tmp'

echo "read-only"
mount -o remount,ro disk
"${extract[@]}" -o disk/features.h5 || echo $?
earshot merge disk/features.h5 --quiet || echo $?

echo "with room"
mount -o remount,rw,size=4m disk
"${extract[@]}" -o disk/features.h5 --json >json.txt
cmp whole.h5 disk/features.h5
ls disk
