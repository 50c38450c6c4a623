"""neighbours.h5: what scikit-learn's NearestNeighbors and LocalOutlierFactor answer, in double.

/data/<name>        learned, scored: [rows][D] float32; some rows are in both
/knn/<case>         attributes: data (a name), k, metric ("euclidean", "cosine")
  score             [rows] mean distance to the k nearest
/lof/<case>         attributes: data, k
  score             [rows] -score_samples

Euclidean distances come from a ball tree, which sums squared differences: brute force expands |x|² - 2xy + |y|²
and finds 1e-7 between a row and itself.
"""

import numpy
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from golden_file import GoldenFile


def shapes():
    """name, rows learned from, rows scored, columns, level, spread; every dead-th column is constant."""
    return (
        ("plain", 200, 40, 10, 0, 1, 0),
        ("odd", 157, 33, 7, 2, 0.5, 0),
        ("wide", 67, 19, 150, 0, 1, 0),
        ("narrow", 150, 30, 17, 10, 1e-3, 0),
        ("dead", 111, 25, 12, 10, 1, 3),
        ("few", 3, 4, 5, 1, 1, 0),
    )


def rows(random, n, columns, level, spread, dead):
    x = level + spread * random.normal(size=(n, columns)) * random.uniform(0.5, 1.5, columns)
    if dead:
        x[:, ::dead] = level
    return x.astype(numpy.float32)


def data():
    random = numpy.random.default_rng(41)
    for name, n_learned, n_scored, columns, level, spread, dead in shapes():
        learned = rows(random, n_learned, columns, level, spread, dead)
        scored = rows(random, n_scored, columns, level, 2 * spread, dead)
        scored[::4] = learned[: len(scored[::4])]
        yield name, learned, scored
    learned = numpy.repeat(rows(random, 30, 6, 1, 1, 0), 3, axis=0)
    yield "copies", learned, rows(random, 20, 6, 1, 2, 0)


def put_knn(golden, name, learned, scored):
    for metric, algorithm in ("euclidean", "ball_tree"), ("cosine", "brute"):
        for k in (1, 3, 20):
            if k > len(learned):
                continue
            model = NearestNeighbors(n_neighbors=k, metric=metric, algorithm=algorithm).fit(learned)
            distances, _ = model.kneighbors(scored)
            golden.set(f"/knn/{name}_{metric}_{k}", data=name, k=k, metric=metric)
            golden.put(f"/knn/{name}_{metric}_{k}/score", distances.mean(axis=1), exact=True)


def put_lof(golden, name, learned, scored):
    for k in (1, 5, 20):
        model = LocalOutlierFactor(n_neighbors=k, novelty=True, algorithm="ball_tree").fit(learned)
        golden.set(f"/lof/{name}_{k}", data=name, k=k)
        golden.put(f"/lof/{name}_{k}/score", -model.score_samples(scored), exact=True)


def main():
    with GoldenFile("neighbours.h5") as golden:
        for name, learned, scored in data():
            golden.put(f"/data/{name}/learned", learned)
            golden.put(f"/data/{name}/scored", scored)
            put_knn(golden, name, learned.astype(numpy.float64), scored.astype(numpy.float64))
            put_lof(golden, name, learned.astype(numpy.float64), scored.astype(numpy.float64))


if __name__ == "__main__":
    main()
