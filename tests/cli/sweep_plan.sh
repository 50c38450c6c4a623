# What a sweep would do, before it does it: passes, what is picked out of what, what is there.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
plan() {
    earshot sweep corpus -o sweep --weights seeded:1 --seeds 2 --quiet "$@" | sed -E 's/-[0-9a-f]{16}/-HASH/g; s/, [0-9]+ s$/, TIME/; s/alone [0-9]+ s/alone TIME/; s/about [0-9]+ s for features \([0-9]+ s/about TIME for features (TIME/; s/[0-9]+ s for fits/TIME for fits/'
}
plan --dry-run --network patch --offset 64,32,16 --channel 0,mean --detector knn,lof --k 1,2 --n-fft 1024,512
[[ ! -e sweep ]] && echo "nothing was made"

echo "layers of two networks:"
plan --dry-run --network squeezenet1_1,alexnet --layer default,classifier.2 --detector knn

echo "what is there:"
plan --network patch --detector knn >/dev/null
plan --dry-run --network patch --detector knn --offset 32,64
plan --dry-run --network patch --detector knn --offset 32,64 --json | python3 -c '
import json, sys
plan = json.loads(sys.stdin.readlines()[-1])
print([f["pass"] for f in plan["features"]], plan["passes"], plan["settings"], plan["groups"], plan["seeds"], plan["kept"])'
