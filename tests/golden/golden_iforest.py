"""iforest.h5: what scikit-learn's IsolationForest answers, as a mean over many seeds, and c(n).

/average_path       n, c (scikit-learn's _average_path_length)
/forests/<case>     attributes: trees, max_samples (0: auto), seeds
  x, judged         [rows][D] float32: learned from, scored
  mean, error       [judged rows] -score_samples: mean over the seeds, and the standard error of that mean
"""

import numpy
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

from golden_file import GoldenFile

SEEDS = 200
TREES = 128


def judged_rows(random, x):
    """Some of the rows that are learned from, some between them, some far away."""
    far = x[:8] + random.choice([-4, 4], size=(8, x.shape[1])) * x.std(axis=0)
    return numpy.concatenate([x[:12], (x[12:20] + x[20:28]) / 2, far]).astype(numpy.float32)


def cases():
    random = numpy.random.default_rng(37)
    x = random.normal(size=(300, 6)) + 3 * random.integers(0, 3, size=(300, 1))
    x[:, ::3] = 5
    yield "plain", 0, x.astype(numpy.float32)
    x = numpy.maximum(0, random.normal(size=(500, 20)) - 0.3)
    yield "zeros", 64, x.astype(numpy.float32)
    x = random.integers(0, 3, size=(40, 3))
    yield "repeated", 0, x.astype(numpy.float32)
    yield "one_column", 30, random.normal(size=(30, 1)).astype(numpy.float32)


def scores_of(seed, max_samples, x, judged):
    samples = min(max_samples, len(x)) if max_samples else "auto"
    model = IsolationForest(n_estimators=TREES, max_samples=samples, random_state=seed)
    return -model.fit(x).score_samples(judged)


def put_forest(golden, group, max_samples, x, judged):
    scores = [scores_of(seed, max_samples, x, judged) for seed in range(SEEDS)]
    golden.set(group, trees=TREES, max_samples=max_samples, seeds=SEEDS)
    golden.put(f"{group}/x", x)
    golden.put(f"{group}/judged", judged)
    golden.put(f"{group}/mean", numpy.mean(scores, axis=0))
    golden.put(f"{group}/error", numpy.std(scores, axis=0, ddof=1) / numpy.sqrt(SEEDS))


def main():
    random = numpy.random.default_rng(38)
    with GoldenFile("iforest.h5") as golden:
        n = numpy.array([1, 2, 3, 4, 5, 10, 40, 64, 255, 256, 1000, 15500])
        golden.put("/average_path/n", n)
        golden.put("/average_path/c", _average_path_length(n), exact=True)
        for name, max_samples, x in cases():
            put_forest(golden, f"/forests/{name}", max_samples, x, judged_rows(random, x))


if __name__ == "__main__":
    main()
