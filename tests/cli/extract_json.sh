# One JSON object on the last line of stdout, with what scripts rely on.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
extract_tiny corpus -o features.h5 --json >summary.txt
/usr/bin/python3 - <<'END'
import json
summary = json.loads(open("summary.txt").read().splitlines()[-1])
print(*(summary[name] for name in ["recordings", "failed", "patches", "network", "backend", "output"]))
print(summary["device"] in ("avx2", "generic"))
print(all(summary[name] > 0 for name in ["seconds", "recordings_per_second", "realtime_factor"]))
END
