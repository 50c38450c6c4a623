# Every stage of a backend against stored answers; a backend that does not open is told, and one that there is not.
earshot selftest --backend cpu --no-speed --json --quiet >out.txt
/usr/bin/python3 - <<'PY'
import json
told = json.loads(open("out.txt").read().splitlines()[-1])
for backend in told["backends"]:
    print(backend["backend"], len(backend["stages"]), "stages,", sum(s["passed"] for s in backend["stages"]), "pass")
assert told["failed"] == 0
PY
earshot selftest --backend abacus 2>/dev/null || echo $?
EARSHOT_ISA=generic earshot selftest --backend cpu --no-speed --quiet | grep -c ' ok '
