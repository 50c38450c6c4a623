#!/bin/bash
# The shipped job files on a real Slurm: slurm_array.sh EARSHOT REPOSITORY. An array that begins with 3, of whose tasks one is
# killed and put into the queue again, and the merge and the report that depend on it.
EARSHOT=$(realpath "$1") REPOSITORY=$(realpath "$2")
. "$REPOSITORY/tests/cluster/slurm_words.sh"
# Slow enough for a task to be caught at work.
extraction=(--network squeezenet1_1 --conv direct --weights seeded:1 --shard-size 1)
"$EARSHOT" synth corpus --machines fan --seconds 20 --normal 12 --abnormal 4 --quiet >/dev/null
"$EARSHOT" extract corpus -o alone.h5 "${extraction[@]}" --quiet >/dev/null

export EARSHOT CORPUS=$work/corpus FEATURES=$work/features.h5 REPORT=$work/report
array=$(sbatch --parsable --array=3-5 --cpus-per-task=1 --mem=500 "$jobs_folder/extract.sbatch" "${extraction[@]}")
merge=$(sbatch --parsable --dependency="afterok:$array" --mem=500 "$jobs_folder/merge.sbatch")
report=$(sbatch --parsable --dependency="afterok:$merge" --cpus-per-task=1 --mem=500 "$jobs_folder/report.sbatch" \
    --detector gmm --components 2 --reg-covar 1e-2 --seeds 1)

# One task's program is killed once it has made a part.
part_there() { [[ -e features.h5.parts/part-000000.h5 ]]; }
killed_one() {
    local process
    process=$(pgrep -f "^$EARSHOT extract $CORPUS " | head -n 1)
    [[ -n $process ]] && kill -KILL "$process"
}
await 30 part_there
killed_one && echo "killed the program of one task"

complete "$array" 60
complete "$merge" 30
complete "$report" 30
# It alone was put into the queue again, not its whole array.
grep -h 'into the queue again' earshot-extract-*.log
[[ $(grep -h 'into the queue again' earshot-extract-*.log) == "exit code 137, restart 0: into the queue again" ]]
for task in 3 4 5; do grep -m 1 -oE 'part [0-9]+ of [0-9]+, counted from 0' "earshot-extract-${array}_$task.log"; done
[[ -e report/report.html ]] || { ls report; exit 1; }
same_as_alone "array, one task killed"
