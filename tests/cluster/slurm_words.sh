# For the tests on a mini cluster. Sourced with EARSHOT (the program) and REPOSITORY set; begins a cluster of $1 nodes in a folder
# that goes away at the end, and says SKIPPED where there cannot be one.
set -euo pipefail

skip() {
    echo "SKIPPED: $1"
    exit 77
}
for program in slurmctld slurmd munged sbatch; do
    [[ -n $(PATH=$PATH:/usr/sbin command -v $program) ]] || skip "$program is not installed (make test installs slurm-wlm and munge)"
done
[[ $(id -u) == 0 ]] || skip "a private Slurm is started by root alone"

export PATH=$PATH:/usr/sbin LC_ALL=C.UTF-8 EARSHOT_CUDA_PLUGIN=none
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
jobs_folder=$REPOSITORY/docker/slurm
work=$(mktemp -d)
chmod 755 "$work"
export SLURM_CONF=$work/cluster/slurm.conf
end() {
    local code=$?
    [[ $code == 0 || $code == 77 ]] || tail -n 20 "$work"/cluster/log/slurmctld.log "$work"/*.log 2>/dev/null || true
    "$here/mini_cluster.sh" stop "$work/cluster" || true
    rm -rf "$work"
}
trap end EXIT
"$here/mini_cluster.sh" start "$work/cluster" "${n_nodes:-2}" || skip "Slurm does not start here: $(tail -n 3 "$work"/cluster/log/*.out 2>/dev/null | tr '\n' ' ')"
cd "$work"

# Waits so many seconds for a condition.
await() { # seconds command…
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || { echo "waited in vain for: $*"; exit 1; }
        sleep 0.2
    done
}

state_of() { scontrol show job "$1" -o 2>/dev/null | grep -oE '\bJobState=[A-Z_]+' | sed 's/JobState=//' | sort -u | tr '\n' ' '; }
is_completed() { [[ $(state_of "$1") == "COMPLETED " ]]; }
has_failed() { [[ $(state_of "$1") =~ FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY ]]; }
is_over() { is_completed "$1" || has_failed "$1"; }

# What is in the queue again waits two minutes for no reason of ours; three seconds it must wait, or the node still refuses it.
release_requeued() {
    local job reason start
    while read -r job reason start; do
        [[ $reason == BeginTime && $start != N/A ]] || continue
        (($(date -d "$start" +%s) - $(date +%s) > 30)) || continue
        scontrol update "jobid=$job" StartTime=now+3 2>/dev/null || true
    done < <(squeue -h -t PENDING -o '%i %r %S')
}
is_over_soon() {
    release_requeued
    is_over "$1"
}

# Waits for a job, helping what is requeued; fails unless all of its tasks completed.
complete() { # job seconds
    await "$2" is_over_soon "$1"
    is_completed "$1" || { echo "job $1: $(state_of "$1")"; exit 1; }
}

# The bytes of one process, and no parts or temporary files beside them.
same_as_alone() {
    cmp alone.h5 features.h5
    [[ -z $(find . -maxdepth 1 -name 'features.h5*' ! -name features.h5) ]] || { ls; exit 1; }
    rm features.h5
    echo "$1: the bytes of one process ($(stat -c %s alone.h5))"
}
