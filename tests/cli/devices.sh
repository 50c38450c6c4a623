# Why cuda does not open is one sentence; no driver is told of where nobody could ask for it.
export EARSHOT_CUDA_PLUGIN=none.so EARSHOT_ISA=generic
earshot devices | head -n 4
earshot devices --json | tail -n 1 | /usr/bin/python3 -c '
import json, sys
for b in json.load(sys.stdin)["backends"]:
    print(b["name"], b["opens"], sorted(b), b.get("reason"))'
