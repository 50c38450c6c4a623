. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
earshot weights seeded squeezenet1_1 -o whole.safetensors --quiet >/dev/null
head -c 100000 whole.safetensors >cut.safetensors
echo 'no weights at all' >text.pth
earshot extract corpus -o features.h5 --network squeezenet1_1 --weights cut.safetensors || echo $?
earshot extract corpus -o features.h5 --network squeezenet1_1 --weights text.pth || echo $?
earshot extract corpus -o features.h5 --network squeezenet1_1 --weights nowhere.pth || echo $?
