#!/bin/bash
# A private Slurm cluster on loopback: mini_cluster.sh start FOLDER NODES | stop FOLDER
#
# munged, slurmctld and one slurmd a node, all from one folder, which holds their settings, logs and states; nothing in /etc is
# used. Everything that is started is recorded in FOLDER/processes and ended by its number. Commands find the cluster by
# SLURM_CONF=FOLDER/slurm.conf. Two pretended GPUs a node are copies of /dev/null. Nothing is confined (no cgroups).
set -euo pipefail

action=$1
folder=$(realpath -m "$2")
n_nodes=${3:-2}
export SLURM_CONF=$folder/slurm.conf

# Waits up to ten seconds for a command to succeed.
wait_for() {
    local try
    for try in $(seq 100); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "mini_cluster.sh: waited in vain for: $*" >&2
    return 1
}

# Unlike `kill -0`, false for a process that has ended and whom nobody has reaped yet.
is_alive() { [[ -n $(readlink "/proc/$1/exe" 2>/dev/null) ]]; }

# The processes of job steps of this cluster: of that name, and with our settings in their environment.
steps() {
    local process
    for process in $(pgrep -f '^slurmstepd: '); do
        if grep -qzx "SLURM_CONF=$SLURM_CONF" "/proc/$process/environ" 2>/dev/null; then echo "$process"; fi
    done
}
no_steps() { [[ -z $(steps) ]]; }

start_daemon() { # name command…
    local name=$1
    shift
    "$@" </dev/null >"$folder/log/$name.out" 2>&1 &
    echo "$! $name" >>"$folder/processes"
}

# The socket's folder must be open to all, the key to nobody else.
start_munge() {
    head -c 128 /dev/urandom >"$folder/munge/key"
    chmod 600 "$folder/munge/key"
    start_daemon munged munged --foreground --socket="$folder/munge/socket" --key-file="$folder/munge/key" \
        --pid-file="$folder/munge/pid" --log-file="$folder/log/munged.log" --seed-file="$folder/munge/seed" --num-threads=1
    wait_for sh -c "munge -n --socket='$folder/munge/socket' | unmunge --socket='$folder/munge/socket'"
}

node_line() { # first port
    local names="n[1-$n_nodes]" ports="[$1-$(($1 + n_nodes - 1))]"
    if [[ $n_nodes == 1 ]]; then names=n1 ports=$1; fi
    echo "NodeName=$names NodeHostname=localhost NodeAddr=127.0.0.1 Port=$ports CPUs=2 RealMemory=4000 Gres=gpu:fake:2 State=UNKNOWN"
    echo "NodeName=$names Name=gpu Type=fake File=$folder/fake/nvidia[0-1]" >"$folder/gres.conf"
}

write_settings() {
    local port=$((20000 + RANDOM % 10000))
    cat >"$SLURM_CONF" <<END
ClusterName=mini
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmctldPort=$port
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MailProg=/bin/true
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,sched_interval=1,bf_interval=1
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=60
MinJobAge=3600
GresTypes=gpu
$(node_line $((port + 1)))
PartitionName=main Nodes=ALL Default=YES MaxTime=1-0 State=UP OverSubscribe=NO
END
    printf 'CgroupAutomount=no\nConstrainCores=no\nConstrainDevices=no\nConstrainRAMSpace=no\n' >"$folder/cgroup.conf"
}

all_idle() { [[ $(sinfo -h -N -t idle -o %N | wc -l) == "$n_nodes" ]]; }

start() {
    local node gpu
    mkdir -p "$folder"/{state,log,munge,fake}
    chmod 755 "$folder" "$folder/munge"
    : >"$folder/processes"
    for gpu in 0 1; do mknod "$folder/fake/nvidia$gpu" c 1 3; done
    write_settings
    start_munge
    start_daemon slurmctld slurmctld -D -f "$SLURM_CONF"
    for node in $(seq "$n_nodes"); do start_daemon "slurmd.n$node" slurmd -D -f "$SLURM_CONF" -N "n$node"; done
    wait_for all_idle
}

end_process() {
    local try
    for try in $(seq 100); do
        is_alive "$1" || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
}

# A step that loses its slurmd while it ends would stay for ever, so steps end first.
stop() {
    local process name
    scancel -u root >/dev/null 2>&1 || true
    wait_for no_steps || true
    while read -r process name; do kill -TERM "$process" 2>/dev/null || true; done <"$folder/processes"
    while read -r process name; do end_process "$process"; done <"$folder/processes"
    for process in $(steps); do kill -KILL "$process" 2>/dev/null || true; done
}

"$action"
