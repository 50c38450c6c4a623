# What is wrong with a SPEC or a sweep is said in one sentence, and nothing is made.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan
try() { earshot sweep "$@" --weights seeded:1 --quiet || echo "exit code $?"; }
spec() { printf "$1" >spec.yaml; try spec.yaml corpus -o sweep "${@:2}"; }

spec 'offset: [16, 0]\nnetwork: patch\n'
spec 'ofset: [16, 32]\n'
spec 'offset: []\n'
spec 'offset: [16, [32]]\n'
spec 'offset: {a: 1}\n'
spec 'network: [patch, resnet19]\n'
spec 'detector: [gmm, gmn]\nnetwork: patch\n'
spec 'network: patch\nseeds: [1, 2]\n'
spec 'network: patch\nseed: [1, 2]\n'
spec 'network: [squeezenet1_1, patch]\nlayer: features.7x\n'
spec 'network: [squeezenet1_1, patch]\nlayer: [default, features.7x]\n'
spec 'network: squeezenet1_1\ndetector: lenet_dcae\n'
spec 'network: patch\ndetector: "fuse:knn+gmm"\n'
spec 'network: patch\noffset: [16,,32]\n'
try corpus -o sweep --network patch --offset 16,,32
spec 'network: patch\nsegment: [1, 2]\nn-fft: [1024, 70000]\n'
try no-such.yaml corpus -o sweep
try a.yaml b.yaml corpus -o sweep
try corpus --network patch
try -o sweep --network patch
try no-such-folder -o sweep --network patch
earshot sweep corpus -o sweep --network squeezenet1_1,alexnet --weights a.safetensors --quiet || echo "exit code $?"
try corpus -o sweep --network patch --machines pump
[[ ! -e sweep ]] && echo "nothing was made"

# other recordings than the features were made of
try corpus -o sweep --network patch --detector knn --seeds 1 >/dev/null
rm corpus/0dB/fan/id_00/normal/00000000.wav
try corpus -o sweep --network patch --detector knn --seeds 1
