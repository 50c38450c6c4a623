# Machines and seeds side by side on the simulated card: what the CPU finds, in the same order.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,pump,valve --normal 5 --abnormal 3
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="timing=shuffled seed=2 memory=512"
extract_tiny corpus -o features.h5 --segment 2 --backend cpu >/dev/null
for backend in cuda cpu; do
    earshot eval features.h5 -o $backend --backend $backend --detector gmm,bgmm,knn --components 2 --reg-covar 1e-2 --seeds 2 --quiet >/dev/null
    earshot fit features.h5 -o $backend.h5 --backend $backend --components 2 --reg-covar 1e-2 --quiet | sed 's/ *[0-9.]*$//; s/^cuda/cpu/' >$backend.txt
done
cmp cuda/results.csv cpu/results.csv && echo "the same AUCs: $(wc -l <cpu/results.csv) lines"
sed '$d' cuda.txt | cut -c-40 | diff - <(sed '$d' cpu.txt | cut -c-40) && echo "the same groups: $(wc -l <cpu.txt) lines"
