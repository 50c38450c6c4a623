# extract, fit, score and eval whole on the simulated card: the AUCs are those of the CPU.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan --normal 5 --abnormal 3
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="timing=shuffled seed=5 memory=512"
for backend in cuda cpu; do
    extract_tiny corpus -o $backend.h5 --segment 2 --backend $backend >/dev/null
    earshot eval $backend.h5 -o $backend --backend $backend --detector gmm,knn --components 2 --reg-covar 1e-2 --seeds 3 --quiet >/dev/null
    earshot fit $backend.h5 -o $backend-model.h5 --backend $backend --components 2 --reg-covar 1e-2 --quiet >/dev/null
    earshot score $backend-model.h5 $backend.h5 --backend $backend --quiet >$backend.csv
done
cmp cuda/results.csv cpu/results.csv && echo "the same AUCs"
/usr/bin/python3 - <<'PY'
import csv
card, cpu = ([float(row["score"]) for row in csv.DictReader(open(name))] for name in ("cuda.csv", "cpu.csv"))
print(len(card), "scores agree:", all(abs(a - b) <= 1e-3 * max(map(abs, cpu)) for a, b in zip(card, cpu)))
PY
