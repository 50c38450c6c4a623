# A disk of 64 kB: one sentence, exit 5, and nothing there that looks finished.
. "$CASES/tiny_corpus.sh"
mkdir disk
if ! mount -t tmpfs -o size=64k none disk 2>/dev/null; then
    echo "SKIPPED: this machine does not let us mount a small disk"
    exit 77
fi
trap 'umount disk' EXIT
tiny_corpus
extract_patches corpus -o disk/features.h5 || code=$?
ls disk | grep -v parts || true
exit $code
