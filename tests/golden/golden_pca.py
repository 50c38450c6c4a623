"""pca.h5: what scikit-learn's PCA leaves over, in double.

/<case>             attributes: keep (components, or a share below 1), components, share
  x, judged         [rows][D] float32: learned from, scored
  residual          [judged rows] squared distance to the reconstruction
  squares           [judged rows] squared distance to the mean
"""

import numpy
from sklearn.decomposition import PCA

from golden_file import GoldenFile


def leaning(random, rows, columns, level, decay):
    """Columns that hang together; variances along hidden directions fall by `decay` from one to the next."""
    directions, _ = numpy.linalg.qr(random.normal(size=(columns, columns)))
    return level + (random.normal(size=(rows, columns)) * decay ** numpy.arange(columns)) @ directions


def cases():
    random = numpy.random.default_rng(41)
    yield "plain", 0.95, leaning(random, 300, 10, 0, 0.8)
    yield "share", 0.5, leaning(random, 157, 17, 3, 0.9)
    yield "number", 3, leaning(random, 200, 12, -1, 0.7)
    yield "one", 1, leaning(random, 80, 5, 1, 0.6)
    x = leaning(random, 211, 12, 10, 0.8)
    x[:, ::3] = 10
    yield "dead", 0.9, x
    yield "few_rows", 0.95, leaning(random, 25, 90, 2, 0.97)
    yield "few_rows_number", 7, leaning(random, 12, 64, 0, 0.9)
    yield "as_many_rows", 0.8, leaning(random, 20, 20, 0, 0.9)
    yield "one_column", 0.5, 4 + random.normal(size=(50, 1))
    yield "two_rows", 1, random.normal(size=(2, 6))
    yield "repeated", 0.7, numpy.repeat(leaning(random, 20, 6, 0, 0.8), 5, axis=0)
    yield "zeros", 0.95, numpy.maximum(0, leaning(random, 400, 40, -0.2, 0.97))


def judged_rows(random, x):
    """Some of the rows that are learned from, and some that lie elsewhere."""
    count = min(8, len(x))
    other = x[:count].mean(axis=0) + 3 * random.normal(size=(9, x.shape[1]))
    return numpy.concatenate([x[:count], other]).astype(numpy.float32)


def residual(model, x):
    return ((x - model.inverse_transform(model.transform(x))) ** 2).sum(axis=1)


def main():
    random = numpy.random.default_rng(42)
    with GoldenFile("pca.h5") as golden:
        for name, keep, x in cases():
            x = x.astype(numpy.float32)
            judged = judged_rows(random, x)
            model = PCA(keep, svd_solver="full").fit(x.astype(numpy.float64))
            golden.set(
                f"/{name}",
                keep=float(keep),
                components=int(model.n_components_),
                share=float(model.explained_variance_ratio_.sum()),
            )
            golden.put(f"/{name}/x", x)
            golden.put(f"/{name}/judged", judged)
            golden.put(f"/{name}/residual", residual(model, judged.astype(numpy.float64)), exact=True)
            golden.put(f"/{name}/squares", ((judged - model.mean_) ** 2).sum(axis=1))


if __name__ == "__main__":
    main()
