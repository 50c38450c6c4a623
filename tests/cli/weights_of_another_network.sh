. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
earshot weights seeded squeezenet1_1 -o squeezenet.safetensors --quiet >/dev/null
earshot extract corpus -o features.h5 --network squeezenet1_0 --weights squeezenet.safetensors || code=$?
ls
exit $code
