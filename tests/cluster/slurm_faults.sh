#!/bin/bash
# What a cluster does to a job: slurm_faults.sh EARSHOT REPOSITORY. A node that dies under its task; a time limit that comes before
# the end, several times; a GPU job on pretended devices. Each ends in the bytes of one process.
EARSHOT=$(realpath "$1") REPOSITORY=$(realpath "$2")
n_nodes=3
. "$REPOSITORY/tests/cluster/slurm_words.sh"
extraction=(--network resnet34 --conv direct --weights seeded:1 --shard-size 1)

# So many recordings that one task needs 150 seconds here, for time limits are whole minutes.
"$EARSHOT" synth few --machines fan --seconds 10 --normal 4 --abnormal 2 --quiet >/dev/null
began=$EPOCHREALTIME
"$EARSHOT" extract few -o few.h5 "${extraction[@]}" --threads 1 --quiet >/dev/null
n_recordings=$(awk -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN { print int(150 / ((ended - began) / 6)) + 10 }')
echo "$n_recordings recordings"
"$EARSHOT" synth corpus --machines fan --seconds 10 --normal $((n_recordings - 10)) --abnormal 10 --quiet >/dev/null
"$EARSHOT" extract corpus -o alone.h5 "${extraction[@]}" --quiet >/dev/null
export EARSHOT CORPUS=$work/corpus FEATURES=$work/features.h5

n_parts() { find features.h5.parts -name 'part-*.h5' 2>/dev/null | wc -l; }
has_parts() { (($(n_parts) >= $1)); }
merge_after() {
    local merge
    merge=$(sbatch --parsable --dependency="afterok:$1" --mem=500 "$jobs_folder/merge.sbatch")
    complete "$1" 1200
    complete "$merge" 60
}

echo "--- a node dies"
array=$(sbatch --parsable --array=0-2 --cpus-per-task=1 --mem=500 "$jobs_folder/extract.sbatch" "${extraction[@]}")
await 120 has_parts 4
node=$(squeue -h -t RUNNING -o '%N' | head -n 1)
daemon=$(awk -v name="slurmd.$node" '$2 == name { print $1 }' cluster/processes)
kill -KILL "$daemon"
for step in $(pgrep -f '^slurmstepd: '); do
    grep -qzx "SLURMD_NODENAME=$node" "/proc/$step/environ" 2>/dev/null || continue
    kill -KILL "$step"
done
for process in $(pgrep -f "^$EARSHOT extract "); do
    grep -qzx "SLURMD_NODENAME=$node" "/proc/$process/environ" 2>/dev/null && kill -KILL "$process"
done
scontrol update "nodename=$node" state=down reason=killed
slurmd -D -f "$SLURM_CONF" -N "$node" </dev/null >"cluster/log/slurmd.$node.again.out" 2>&1 &
echo "$! slurmd.$node" >>cluster/processes
echo "node $node killed with $(n_parts) parts there"
merge_after "$array"
same_as_alone "node killed"

echo "--- a time limit"
job=$(sbatch --parsable --array=0-0 --cpus-per-task=1 --mem=500 --time=2 --signal=B:USR1@60 "$jobs_folder/extract.sbatch" \
    "${extraction[@]}")
merge_after "$job"
restarts=$(grep -c 'into the queue again' "earshot-extract-${job}_0.log" || true)
grep -h 'into the queue again' "earshot-extract-${job}_0.log" | sort | uniq -c
((restarts > 0)) || { echo "the job was done before its time was up: nothing was tested"; exit 1; }
same_as_alone "time limit, $restarts times"

echo "--- pretended GPUs"
gpu=$(sbatch --parsable --array=0-1 --cpus-per-task=1 --mem=500 "$jobs_folder/extract_gpu.sbatch" "${extraction[@]}" --backend cpu)
merge_after "$gpu"
same_as_alone "GPU job file, computed on the CPU"
