#!/bin/sh
# Does the memory of an extraction grow with the corpus? memory.sh EARSHOT [NETWORK]: peak resident memory of `earshot extract`
# with 50 and with 2,000 recordings of 1.1 s (synthetic machines, seeded weights).
set -eu
earshot=$(realpath "$1")
network=${2:-squeezenet1_1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$earshot" synth "$folder/corpus" --normal 450 --abnormal 50 --seconds 1.1 --quiet >/dev/null
find "$folder/corpus" -name '*.wav' | sort >"$folder/all.txt"
for count in 50 2000; do
    awk -v n="$count" 'NR % int(2000 / n) == 0' "$folder/all.txt" >"$folder/list.txt"
    python3 - "$earshot" "$network" "$folder" "$count" <<'END'
import resource, subprocess, sys
earshot, network, folder, count = sys.argv[1:]
subprocess.run([earshot, "extract", "--list", f"{folder}/list.txt", "-o", f"{folder}/features.h5", "--overwrite", "--network",
                network, "--weights", "seeded:1", "--quiet"], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{network}: {count} recordings, peak {peak:.0f} MiB")
END
done
