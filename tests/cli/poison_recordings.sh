# Recordings that hang or crash the decoder: each is tried twice, then in quarantine, listed with its reason and counted as
# a failure; the attempts survive the run, and the others go on.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
folder=corpus/0dB/fan/id_00/normal
printf 'POISON hang' >$folder/hangs.flac
printf 'POISON abort' >$folder/kills.flac
printf 'POISON exit' >$folder/leaves.flac
export LD_PRELOAD=$POISON_SNDFILE ASAN_OPTIONS=verify_asan_link_order=0
extract=(extract_patches corpus -o features.h5 --decode-seconds 1)

echo "== stops at the first; what it knows is on the disk"
"${extract[@]}" --batch 16 --max-failures 0 2>/dev/null || echo "exit $?"
ls features.h5.parts
cat features.h5.parts/attempt-0000006-2.txt

echo "== goes on; what is in quarantine is not tried again, though now it would only be a text"
LD_PRELOAD='' "${extract[@]}" --failed-list failed.txt >summary.txt || echo "exit $?"
without_speed <summary.txt
cat failed.txt
LD_PRELOAD='' earshot show features.h5 | grep 'fail'

echo "== the same bytes as in one go, and without the poison"
extract_patches corpus -o other.h5 --decode-seconds 1 >/dev/null 2>&1 || echo "exit $?"
cmp features.h5 other.h5
LD_PRELOAD='' extract_patches corpus -o third.h5 2>/dev/null >&2 || echo "exit $?"
LD_PRELOAD='' earshot show third.h5 | grep -c 'not a recording'

echo "== as often as was said"
extract_patches corpus/0dB/fan/id_00/normal/kills.flac -o one.h5 --decode-attempts 5 --verbose 2>&1 | grep -c 'SIGABRT), attempt'
