# How far it is: JSON lines for machines, plain lines, one line on a terminal that is never wider than it.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
extract_patches corpus -o json.h5 --progress json 2>&1 >/dev/null | /usr/bin/python3 -c '
import json, sys
last = [json.loads(line) for line in sys.stdin][-1]
print(last["done"], last["total"], last["failed"], last["patches"], last["eta_s"])
print(sorted(set(last) - {"done", "total", "failed", "patches", "eta_s"}))
print(all(last[name] > 0 for name in ("recordings_per_second", "megabytes_per_second", "realtime_factor", "decode_s", "compute_s",
                                      "write_s")))'
earshot extract corpus -o plain.h5 --network patch --progress plain 2>&1 >/dev/null | grep -E '^earshot: [0-9]+ of' |
    sed -E 's/[0-9]+\.[0-9]/N.N/g; s/, [0-9]+ MB/, N MB/; s/[0-9]+×/N×/'
/usr/bin/python3 "$CASES/progress_lines.py" earshot extract corpus -o bar.h5 --network patch
