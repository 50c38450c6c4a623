# Streams and orders that cannot be used, or not all of them.
. "$CASES/listen_model.sh"
listen_model
tell() {
    local code=0
    "$@" 2>told.txt || code=$?
    sed -E 's/^earshot: //; s/[0-9.]+ s, at most [0-9.]+ s/SECONDS/' told.txt
    echo "exit $code"
}
fan=(listen_fan --window 2 --hop 2)

echo "# half a sample at the end"
(head -c 64001 normal.pcm) | tell "${fan[@]}" --behind wait | sed 's/{.*}/LINE/'
echo "# two floats that are none"
/usr/bin/python3 -c '
import array
wave = array.array("f", [((i * 7919) % 2001 - 1000) / 2000 for i in range(160000)])
wave[40000], wave[100000] = float("nan"), float("inf")
wave.tofile(open("nan.f32", "wb"))'
tell "${fan[@]}" --format f32le <nan.f32 | sed -E 's/"(time|latency_s|score|smoothed|percentile)":("[^"]*"|[0-9.]+)/"\1":X/g; s/, at [0-9.]+ s//'
echo "# too short, and nothing at all"
head -c 1000 normal.pcm | tell "${fan[@]}"
tell "${fan[@]}" </dev/null
echo "# not a stream"
tell "${fan[@]}" </
echo "# orders"
tell earshot listen --quiet
tell earshot listen --model none.h5 --quiet
tell earshot listen --model features.h5 --quiet
tell earshot listen --model model.h5 --quiet
tell listen_fan --window 0.2
tell listen_fan --hop 0.00001
tell listen_fan --channel 1
tell listen_fan --group valve
tell listen_fan --watch nowhere
tell listen_fan --threads many
tell listen_fan word
