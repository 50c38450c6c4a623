"""mahalanobis.h5: what scikit-learn's LedoitWolf answers, in double.

/<case>             attributes: shrinkage
  x, judged         [rows][D] float32: learned from, scored
  distance          [judged rows] squared Mahalanobis distance
"""

import numpy
from sklearn.covariance import LedoitWolf

from golden_file import GoldenFile


def correlated(random, rows, columns, level):
    """Columns that hang together, of deviations from 0.5 to 2."""
    x = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns)) / numpy.sqrt(columns)
    return level + (x + random.normal(size=(rows, columns)) / 3) * random.uniform(0.5, 2, columns)


def cases():
    random = numpy.random.default_rng(39)
    yield "plain", correlated(random, 300, 10, 0)
    yield "odd", correlated(random, 157, 17, 3)
    x = correlated(random, 211, 12, 10)
    x[:, ::3] = 10
    yield "dead", x
    yield "wide", correlated(random, 40, 90, 1)
    yield "one_column", 4 + random.normal(size=(50, 1))
    yield "three_rows", random.normal(size=(3, 5))
    yield "repeated", numpy.repeat(correlated(random, 20, 6, 0), 5, axis=0)
    yield "zeros", numpy.maximum(0, correlated(random, 400, 40, -0.4))
    yield "uncorrelated", random.normal(size=(60, 9))


def judged_rows(random, x):
    """Some of the rows that are learned from, and some that lie elsewhere."""
    other = x[:6].mean(axis=0) + 3 * random.normal(size=(9, x.shape[1]))
    return numpy.concatenate([x[:10], other]).astype(numpy.float32)


def main():
    random = numpy.random.default_rng(40)
    with GoldenFile("mahalanobis.h5") as golden:
        for name, x in cases():
            x = x.astype(numpy.float32)
            judged = judged_rows(random, x)
            model = LedoitWolf().fit(x.astype(numpy.float64))
            golden.set(f"/{name}", shrinkage=float(model.shrinkage_))
            golden.put(f"/{name}/x", x)
            golden.put(f"/{name}/judged", judged)
            golden.put(f"/{name}/distance", model.mahalanobis(judged.astype(numpy.float64)))


if __name__ == "__main__":
    main()
