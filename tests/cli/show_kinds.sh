# What a file is and how it was made: features with a failed recording and random weights, a model, a foreign file.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 2 --abnormal 1
echo "not a recording" >corpus/0dB/fan/id_00/normal/broken.wav
extract_tiny corpus/0dB/fan corpus/0dB/pump -o features.h5 >/dev/null 2>&1 || echo $?
earshot show features.h5 | grep -E '^(features|RANDOM|group|fan|pump|1 failed)|^  (network|layer|weights |random_weights|n_fft|id_00)'
earshot show features.h5 --json | /usr/bin/python3 -c '
import json, sys
shown = json.load(sys.stdin)
print(shown["recordings"], shown["failed"], shown["patches"], shown["random_weights"], shown["made_with"]["n_fft"])
print(shown["groups"][0]["group"], shown["groups"][0]["basis"], shown["failures"][0]["recording"])'
earshot fit features.h5 -o model.h5 --components 1 --quiet >/dev/null 2>&1
earshot show model.h5 | grep -E '^(model|RANDOM)|^  (components|network)|^fan' | cut -c 1-56
earshot show model.h5 --json | /usr/bin/python3 -c '
import json, sys
shown = json.load(sys.stdin)
print(shown["format"], shown["detector"], shown["columns"], [group["group"] for group in shown["groups"]])'
/usr/bin/python3 -c 'import h5py; h5py.File("foreign.h5", "w")["x"] = [1, 2, 3]'
earshot show foreign.h5 || echo $?
earshot show missing.h5 || echo $?
