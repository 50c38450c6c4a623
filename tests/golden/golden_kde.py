"""kde.h5: log densities summed by brute force in double, and what scikit-learn's KernelDensity answers.

/<case>             attributes: bandwidth (a text as --bandwidth takes it), used (the number that it stands for)
  learned, scored   [rows][D] float32; some rows are in both
  score             [rows] -log density: squared differences, log-sum-exp, constant
  score_samples     [rows] -KernelDensity.score_samples
"""

import numpy
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from golden_file import GoldenFile


def brute_force(learned, scored, h):
    n, columns = learned.shape
    squared = numpy.array([[((x - y) ** 2).sum() for y in learned] for x in scored])
    constant = numpy.log(n) + columns * (numpy.log(2 * numpy.pi) / 2 + numpy.log(h))
    return constant - logsumexp(-squared / (2 * h * h), axis=1)


def cases():
    random = numpy.random.default_rng(42)
    for name, n_learned, n_scored, columns, spread, bandwidth in (
        ("paper", 32, 10, 512, 1, "0.1"),
        ("features", 200, 30, 12, 1, "0.1"),
        ("smooth", 157, 33, 7, 1, "1"),
        ("wider", 157, 33, 7, 0.1, "10"),
        ("scott", 150, 30, 17, 1, "scott"),
        ("silverman", 90, 30, 3, 1, "silverman"),
        ("one", 1, 5, 4, 1, "0.5"),
    ):
        learned = 3 + spread * random.normal(size=(n_learned, columns))
        scored = 3 + 2 * spread * random.normal(size=(n_scored, columns))
        learned, scored = learned.astype(numpy.float32), scored.astype(numpy.float32)
        scored[::4] = learned[numpy.arange(len(scored[::4])) % n_learned]
        yield name, learned, scored, bandwidth


def main():
    with GoldenFile("kde.h5") as golden:
        for name, learned, scored, bandwidth in cases():
            x, y = learned.astype(numpy.float64), scored.astype(numpy.float64)
            rule = bandwidth in ("scott", "silverman")
            model = KernelDensity(bandwidth=bandwidth if rule else float(bandwidth)).fit(x)
            golden.set(f"/{name}", bandwidth=bandwidth, used=float(model.bandwidth_))
            golden.put(f"/{name}/learned", learned)
            golden.put(f"/{name}/scored", scored)
            golden.put(f"/{name}/score", brute_force(x, y, model.bandwidth_), exact=True)
            golden.put(f"/{name}/score_samples", -model.score_samples(y), exact=True)


if __name__ == "__main__":
    main()
