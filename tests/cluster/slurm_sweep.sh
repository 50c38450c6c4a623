#!/bin/bash
# A sweep on a real Slurm: slurm_sweep.sh EARSHOT REPOSITORY. An array that begins with 3, of whose tasks one is killed and goes
# on, and the report that depends on it; the files are those of one process.
EARSHOT=$(realpath "$1") REPOSITORY=$(realpath "$2")
. "$REPOSITORY/tests/cluster/slurm_words.sh"
"$EARSHOT" synth corpus --machines fan,valve --seconds 10 --normal 10 --abnormal 4 --quiet >/dev/null
# Slow enough for a task to be caught at work; two networks, an offset that comes with the other, two detectors.
cat >sweep.yaml <<YAML
recordings: $work/corpus
network: [squeezenet1_1, patch]
offset: [16, 32]
detector: [knn, iforest]
trees: 8
weights: seeded:1
conv: direct
seeds: 2
shard-size: 1
YAML
"$EARSHOT" sweep sweep.yaml -o alone --quiet >alone.txt

export EARSHOT SPEC=$work/sweep.yaml STUDY=$work/study
array=$(sbatch --parsable --array=3-5 --cpus-per-task=1 --mem=500 "$jobs_folder/sweep.sbatch")
report=$(sbatch --parsable --dependency="afterok:$array" --cpus-per-task=1 --mem=500 "$jobs_folder/report.sbatch")

part_there() { compgen -G 'study/features/*.parts/part-000000.h5' >/dev/null; }
await 60 part_there
process=$(pgrep -f "^$EARSHOT sweep $SPEC " | head -n 1)
kill -KILL "$process"
echo "killed the program of one task"

complete "$array" 120
[[ ! -e study/results.csv ]] || { echo "a task has judged"; exit 1; }
complete "$report" 60
again=$(grep -h 'into the queue again' earshot-sweep-*.log)
[[ $again == "exit code 137, restart 0: into the queue again" ]] || { echo "requeued: $again"; exit 1; }
for task in 3 4 5; do
    head -n 1 "earshot-sweep-${array}_$task.log" | grep -oE "part $((task - 3)) of 3, counted from 0"
done
grep -oE 'parts are there already' "earshot-sweep-${array}"_*.log >/dev/null || { echo "no task went on from parts"; exit 1; }

# Everything but the scores' files, which hold how long each fit took.
files() { (cd "$1" && find . -type f ! -path './cells/*' | sort); }
diff <(files alone) <(files study)
n_bytes=0
while read -r file; do
    cmp "alone/$file" "study/$file"
    n_bytes=$((n_bytes + $(stat -c %s "alone/$file")))
done < <(files alone)
without_times() { sed -E 's/"(fit|score)_s": ?[0-9.e+-]+/TIME/g' "$1"; }
while read -r file; do
    cmp <(without_times "alone/$file") <(without_times "study/$file")
done < <(cd alone && find cells -type f)
((n_bytes > 1000000)) || { echo "$n_bytes bytes compared"; exit 1; }
echo "sweep, one task killed: the bytes of one process ($n_bytes in $(files alone | wc -l) files)"
