"""preparation.h5: rows as scikit-learn's StandardScaler and PCA prepare them, in double.

/<case>             attributes: components, floor (a share of the median scale of columns that vary)
  x, judged         [rows][D] float32: learned from, prepared
  scale             [D]
  prepared          [judged rows][components]
"""

import numpy
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from golden_file import GoldenFile


def leaning(random, rows, columns, level):
    """Columns that hang together, of very different deviations; variances along hidden directions fall."""
    directions, _ = numpy.linalg.qr(random.normal(size=(columns, columns)))
    x = (random.normal(size=(rows, columns)) * 0.8 ** numpy.arange(columns)) @ directions
    return level + x * 10 ** random.uniform(-3, 1, columns)


def cases():
    random = numpy.random.default_rng(51)
    yield "plain", 3, 0, leaning(random, 120, 10, 0)
    yield "one", 1, 0, leaning(random, 33, 5, 2)
    yield "floor", 4, 0.3, leaning(random, 90, 15, 1)
    x = leaning(random, 100, 12, -1)
    x[:, ::3] = 10
    yield "dead", 5, 0.5, x
    yield "few_rows", 8, 0.1, leaning(random, 14, 40, 0)


def main():
    random = numpy.random.default_rng(52)
    with GoldenFile("preparation.h5") as golden:
        for name, components, floor, x in cases():
            x = x.astype(numpy.float32)
            judged = numpy.concatenate([x[:5], x[:5] + x.std(axis=0) * random.normal(size=(5, x.shape[1]))])
            judged = judged.astype(numpy.float32)
            scaler = StandardScaler().fit(x.astype(numpy.float64))
            varies = scaler.var_ > 0
            scaler.scale_[varies] = numpy.maximum(scaler.scale_[varies], floor * numpy.median(scaler.scale_[varies]))
            pca = PCA(components, svd_solver="full").fit(scaler.transform(x.astype(numpy.float64)))
            golden.set(f"/{name}", components=components, floor=float(floor))
            golden.put(f"/{name}/x", x)
            golden.put(f"/{name}/judged", judged)
            golden.put(f"/{name}/scale", scaler.scale_)
            golden.put(f"/{name}/prepared", pca.transform(scaler.transform(judged.astype(numpy.float64))))


if __name__ == "__main__":
    main()
