# Who wants a file of which only parts are there is told, and the first line of a share says which it is.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
SLURM_ARRAY_TASK_ID=13 SLURM_ARRAY_TASK_MIN=11 SLURM_ARRAY_TASK_MAX=13 SLURM_ARRAY_TASK_COUNT=3 \
    earshot extract corpus -o features.h5 --network patch --shard-size 1 --shard auto 2>log.txt >/dev/null
head -n 1 log.txt
earshot fit features.h5 -o model.h5 || echo $?
earshot eval features.h5 -o study || echo $?
earshot merge features.h5 || echo $?
ls
