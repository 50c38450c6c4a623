# --json of every command that has a table otherwise: one object on the last line of stdout, told here by its names and what
# they hold; counts in it are those of the files.
. "$CASES/tiny_corpus.sh"
tell() {
    local of=$1
    shift
    "$@" --json --quiet >out.txt || echo "exit $?"
    /usr/bin/python3 - "$of" <<'END'
import json, sys
KINDS = {bool: "yes or no", int: "count", float: "number", str: "text", type(None): "none"}
COUNTS = "recordings failed patches parts groups columns rows channels frames files seeds unjudged recomputed"
def kind(name, value, depth):
    if isinstance(value, dict) and depth < 2:
        return "{" + ", ".join(f"{key}: {kind(key, inner, depth + 1)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"{len(value)} of " + (kind(name, value[0], depth + 1) if value else "nothing")
    if name in COUNTS.split() and isinstance(value, int):
        return str(value)
    return KINDS.get(type(value), "object")
summary = json.loads(open("out.txt").read().splitlines()[-1])
print(f"{sys.argv[1]}:", *(f"\n    {name}: {kind(name, value, 0)}" for name, value in summary.items()), sep="")
END
}
tell synth earshot synth corpus --seconds 2 --machines fan,pump --normal 4 --abnormal 2
tell "dry run" earshot extract corpus -o f.h5 --network squeezenet1_1 --weights seeded:1 --dry-run
tell extract extract_tiny corpus -o f.h5
tell networks earshot networks
tell detectors earshot detectors
tell fit earshot fit f.h5 -o m.h5 --detector knn
tell score earshot score m.h5 f.h5 --patches
tell eval earshot eval f.h5 -o results --detector knn --seeds 2
tell verify earshot verify f.h5 --recompute 1
tell trace earshot trace corpus/0dB/fan/id_00/normal/00000000.wav -o trace.h5 --network squeezenet1_1 --weights seeded:1
for part in 0 1; do extract_patches corpus -o p.h5 --shard-size 4 --shard $part/2 >part.txt; done
tell merge earshot merge p.h5
tell "extract again" extract_patches corpus -o p.h5 --resume
tell "seeded weights" earshot weights seeded squeezenet1_1 -o seeded.safetensors
mkdir kept
mv seeded.safetensors kept/squeezenet1_1.safetensors
export EARSHOT_WEIGHTS_DIR=$PWD/kept
tell "weights check" earshot weights check squeezenet1_1
tell "weights list" earshot weights list
