# --metrics-file, read by Prometheus' own parser: what was done, where the time went, how it ended; of a share, of a failed run.
. "$CASES/tiny_corpus.sh"
/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || { echo "SKIPPED: python3-prometheus-client is not installed"; exit 77; }
tiny_corpus --machines fan
printf 'no recording' >corpus/0dB/fan/id_00/normal/broken.wav
extract_patches corpus -o 'odd "name".h5' --shard-size 2 --shard 0/1 --metrics-file share.prom 2>/dev/null >/dev/null
rm -r 'odd "name".h5.parts'
extract_patches corpus -o features.h5 --metrics-file whole.prom 2>/dev/null >/dev/null || echo $?
extract_patches corpus -o strict.h5 --max-failures 0 --metrics-file strict.prom 2>/dev/null || echo $?
extract_patches corpus -o elsewhere.h5 --metrics-file nowhere/at.prom 2>&1 >/dev/null | grep -c 'nowhere/at.prom cannot be written.*goes on'
/usr/bin/python3 "$CASES/metrics_file.py" share.prom whole.prom strict.prom
