# For cases of `listen`: a model with thresholds, and streams. Sourced.
. "$CASES/tiny_corpus.sh"

# model.h5 of a fan and a pump; normal.pcm and abnormal.pcm: 10 s of the fan, raw.
listen_model() {
    earshot synth corpus --seconds 10 --normal 20 --abnormal 2 --machines fan,pump --quiet >synth.out
    extract_patches corpus -o features.h5 >/dev/null
    earshot fit features.h5 -o model.h5 --detector knn --quiet >fit.txt
    tail -c +45 corpus/0dB/fan/id_00/normal/00000000.wav >normal.pcm
    tail -c +45 corpus/0dB/fan/id_00/abnormal/00000000.wav >abnormal.pcm
}

# Words of a listener to the fan: listen_fan [options]
listen_fan() {
    earshot listen --model model.h5 --group fan --quiet "$@"
}
