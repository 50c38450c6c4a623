# What somebody with a card would run, on the simulated one: every stage gives the stored answers.
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="memory=512"
earshot selftest --backend cuda --no-speed --json --quiet >out.txt
/usr/bin/python3 - <<'PY'
import json
told = json.loads(open("out.txt").read().splitlines()[-1])
for backend in told["backends"]:
    print(backend["backend"], backend["device"], *[s["stage"] for s in backend["stages"] if s["passed"]])
PY
