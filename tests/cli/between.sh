# What stands between features and detector, and between patch scores and a recording's: kept in the model, used by score,
# and computed once more by numpy from what the files hold.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan --channels 2 --seconds 4 --normal 4 --abnormal 2
extract_patches corpus -o features.h5 --channel all --segment 1.5 --n-mels 16 >/dev/null
options="--detector knn --scale-floor 0.5 --reduce pca:3 --pool top:0.4"
earshot fit features.h5 -o model.h5 $options --quiet | awk 'NR == 1 { print $4 }'
earshot show model.h5 | sed -n '/^Before and after/,/^$/p'
earshot show model.h5 --json | /usr/bin/python3 -c '
import json, sys
shown = json.load(sys.stdin)
print(shown["preparation"], shown["pool"], 0 < shown["groups"][0]["fit"]["variance_kept"] < 1)'
earshot score model.h5 features.h5 --quiet >top.csv
earshot score model.h5 features.h5 --quiet --patches >patches.csv
for pool in mean median max; do earshot score model.h5 features.h5 --quiet --pool $pool >$pool.csv; done
/usr/bin/python3 - <<'END'
import csv
from collections import defaultdict
import h5py, numpy as np

features, model = h5py.File("features.h5"), h5py.File("model.h5")
group = "fan/id_00/0dB"
standard, m = features["standardization"][group], model["models"][group]
raw = features["features"][:].astype(float) * standard["scale"][:] + standard["mean"][:]
table = features["recordings"]
label = [item.decode() for item in table["label"][:]]
is_normal = np.array([label[i] == "normal" for i in features["patches/recording"][:]])
deviation = raw[is_normal].std(axis=0)
varies = deviation > 1e-6
floor = 0.5 * np.median(deviation[varies])
print("floor", np.allclose(m["scale"][:][varies], np.maximum(deviation[varies], floor), rtol=1e-4))
x = (raw - m["mean"][:]) / m["scale"][:]
x = (x - m["reduction/mean"][:]) @ m["reduction/axes"][:].T
print("reduced", x.shape[1], np.allclose(x[is_normal].mean(axis=0), 0, atol=1e-4))

patches = defaultdict(list)
for row in csv.DictReader(open("patches.csv")):
    patches[row["recording"]].append(float(row["score"]))
scores = np.concatenate(list(patches.values()))
nearest = np.sqrt(((x[:, None] - x[None, is_normal]) ** 2).sum(axis=2).min(axis=1))
print("scores", np.allclose(scores, nearest, rtol=1e-3, atol=2e-3))

pools = {"mean": np.mean, "median": np.median, "max": np.max,
         "top": lambda s: np.mean(np.sort(s)[-round(0.4 * len(s)):])}
for name, pool in pools.items():
    rows = list(csv.DictReader(open(name + ".csv")))
    print(name, len(rows), all(np.isclose(float(r["score"]), pool(patches[r["recording"]]), rtol=1e-6) for r in rows))
END
