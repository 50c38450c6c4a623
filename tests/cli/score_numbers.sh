# Every number that `score` prints, computed once more by numpy from the model file and the feature file: two groups, two
# channels, recordings in segments. A recording's score is the mean over the patches of all of these.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,pump --channels 2 --seconds 4 --normal 3 --abnormal 2
extract_patches corpus -o features.h5 --channel all --segment 1.5 --n-mels 16 >/dev/null
earshot fit features.h5 -o model.h5 --components 2 --reg-covar 1e-2 --quiet >/dev/null
earshot score model.h5 features.h5 --quiet >recordings.csv
earshot score model.h5 features.h5 --patches --quiet >patches.csv
/usr/bin/python3 - <<'END'
import csv
from collections import defaultdict
import h5py, numpy as np

def text(dataset):
    return [item.decode() for item in dataset[:]]

features, model = h5py.File("features.h5"), h5py.File("model.h5")
table, rows = features["recordings"], features["features"][:].astype(float)
names = ["path", "machine", "id", "snr", "label"]
path, machine, id_, snr, label = (text(table[name]) for name in names)
patches, recordings = [], defaultdict(list)
for i, (first, n) in enumerate(zip(table["first_patch"][:], table["n_patches"][:])):
    group = f"{machine[i]}/{id_[i]}/{snr[i]}"
    standard, m = features["standardization"][group], model["models"][group]
    raw = (rows[first:first + n] * standard["scale"][:] + standard["mean"][:]).astype(np.float32)
    x = ((raw - m["mean"][:]) / m["scale"][:]).astype(np.float32).astype(float)
    d = m["detector"]
    mean, variance = d["means"][:], d["covariances"][:]
    mean, variance = mean.reshape(2, -1), variance.reshape(2, -1)
    cost = [np.log(w) - 0.5 * (np.log(2 * np.pi * v).sum() + ((x - u) ** 2 / v).sum(axis=1))
            for w, u, v in zip(d["weights"][:], mean, variance)]
    score = -np.logaddexp(*cost)
    patches += [(path[i], start, s) for start, s in zip(features["patches/start_s"][first:first + n], score)]
    recordings[path[i], machine[i], id_[i], snr[i], label[i]] += list(score)

def near(a, b):
    return abs(a - b) <= 1e-4 * max(1, abs(b))

found = list(csv.DictReader(open("patches.csv")))
print(len(found), all(f["recording"] == p and near(float(f["start_s"]), start) and near(float(f["score"]), s)
                      for f, (p, start, s) in zip(found, patches)), len(found) == len(patches))
found = list(csv.DictReader(open("recordings.csv")))
keys = ["recording", "machine", "id", "snr", "label"]
print(len(found), all(tuple(f[k] for k in keys) == key and near(float(f["score"]), np.mean(s))
                      for f, (key, s) in zip(found, recordings.items())), len(found) == len(recordings))
END
