"""gmm.h5: what scikit-learn's GaussianMixture and KMeans answer, in double, from given starts.

/mixtures/<case>    attributes: covariance ("diag", "full"), components, reg_covar, tol, max_iter,
                    start ("labels": -1 is none; "parameters")
  x                 [rows][D] float32
  labels | weights, means, covariances           the start
  after_1, after_5, end                          attributes: lower_bound, n_iter, converged
    weights, means, covariances, score_samples   the mixture after so many iterations
/kmeans/<case>      attributes: inertia, n_iter
  x, centres, labels
"""

import warnings

import numpy
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from golden_file import GoldenFile

MAX_ITER = 300
TOL = 1e-3


class FromLabels(GaussianMixture):
    """Starts from hard labels, as GaussianMixture itself does from those of k-means."""

    def _initialize_parameters(self, X, random_state, xp=None):
        responsibilities = numpy.zeros((len(X), self.n_components))
        named = numpy.flatnonzero(self.labels >= 0)
        responsibilities[named, self.labels[named]] = 1
        self._initialize(X, responsibilities)


def blobs(random, rows, columns, components, level, spread, dead):
    """Rows of clusters that overlap, and which cluster each is of; every dead-th column is constant."""
    label = random.integers(0, components, rows)
    centres = level + spread * 1.1 * random.normal(size=(components, columns))
    x = centres[label] + spread * random.normal(size=(rows, columns)) * random.uniform(0.5, 1.5, columns)
    if dead:
        x[:, ::dead] = level
    return x.astype(numpy.float32), label


def spoiled(random, label, components, share):
    """Some of the labels are wrong, so that there is something to iterate for."""
    return numpy.where(random.random(len(label)) < share, random.integers(0, components, len(label)), label)


def mixture_cases():
    random = numpy.random.default_rng(34)
    for covariance in ("diag", "full"):
        for name, rows, columns, components, level, spread, dead in (
            ("plain", 300, 10, 5, 0, 1, 0),
            ("odd", 157, 7, 3, 2, 0.5, 0),
            ("narrow", 150, 17, 3, 10, 1e-3, 0),
            ("dead", 211, 12, 4, 10, 1, 3),
            ("one_column", 120, 1, 3, -1, 2, 0),
            ("one_component", 50, 6, 1, 3, 1, 2),
        ):
            x, label = blobs(random, rows, columns, components, level, spread, dead)
            yield f"{name}_{covariance}", covariance, components, x, spoiled(random, label, components, 0.2)
        x, label = blobs(random, 150, 5, 4, 1, 1, 0)
        yield f"empty_{covariance}", covariance, 4, x, numpy.where(label == 2, 0, label)
        x, _ = blobs(random, 90, 4, 3, 0, 1, 0)
        rows = numpy.full(90, -1)
        rows[random.permutation(90)[:3]] = numpy.arange(3)
        yield f"rows_{covariance}", covariance, 3, x, rows
        x, _ = blobs(random, 240, 8, 6, 0, 1, 0)
        yield f"random_{covariance}", covariance, 6, x, random.integers(0, 6, 240)


def fit(model, x, max_iter):
    model.set_params(max_iter=max_iter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x.astype(numpy.float64))


def put_mixture(golden, group, model, x):
    golden.set(
        group,
        lower_bound=float(model.lower_bound_),
        n_iter=int(model.n_iter_),
        converged=int(model.converged_),
    )
    golden.put(f"{group}/weights", model.weights_, exact=True)
    golden.put(f"{group}/means", model.means_, exact=True)
    golden.put(f"{group}/covariances", model.covariances_.reshape(-1, x.shape[1]), exact=True)
    golden.put(f"{group}/score_samples", model.score_samples(x.astype(numpy.float64)), exact=True)


def put_case(golden, group, model, x):
    for name, max_iter in ("after_1", 1), ("after_5", 5), ("end", MAX_ITER):
        put_mixture(golden, f"{group}/{name}", fit(model, x, max_iter), x)
    changes = numpy.abs(numpy.diff(model.lower_bounds_))
    margin = min([TOL - changes[-1], *(changes[:-1] - TOL)])
    assert model.converged_ and margin > 1e-6, f"{group}: the stopping margin is razor-thin ({margin})"


def put_mixtures(golden):
    for name, covariance, components, x, labels in mixture_cases():
        group = f"/mixtures/{name}"
        model = FromLabels(components, covariance_type=covariance, tol=TOL)
        model.labels = labels
        golden.set(
            group,
            covariance=covariance,
            components=components,
            reg_covar=1e-6,
            tol=TOL,
            max_iter=MAX_ITER,
            start="labels",
        )
        golden.put(f"{group}/x", x)
        golden.put(f"{group}/labels", labels.astype(numpy.int32))
        put_case(golden, group, model, x)


def put_given_parameters(golden):
    """A start through weights_init, means_init and precisions_init."""
    random = numpy.random.default_rng(35)
    for covariance in ("diag", "full"):
        group = f"/mixtures/given_{covariance}"
        x, _ = blobs(random, 200, 6, 3, 1, 1, 0)
        weights = numpy.array([0.2, 0.5, 0.3])
        means = x[:3].astype(numpy.float64)
        variances = random.uniform(0.5, 2, (3, 6))
        covariances = variances if covariance == "diag" else numpy.stack([numpy.diag(v) for v in variances])
        precisions = 1 / variances if covariance == "diag" else numpy.linalg.inv(covariances)
        model = GaussianMixture(
            3,
            covariance_type=covariance,
            tol=TOL,
            weights_init=weights,
            means_init=means,
            precisions_init=precisions,
        )
        golden.set(
            group,
            covariance=covariance,
            components=3,
            reg_covar=1e-6,
            tol=TOL,
            max_iter=MAX_ITER,
            start="parameters",
        )
        golden.put(f"{group}/x", x)
        golden.put(f"{group}/weights", weights, exact=True)
        golden.put(f"{group}/means", means, exact=True)
        golden.put(f"{group}/covariances", covariances.reshape(-1, 6), exact=True)
        put_case(golden, group, model, x)


def kmeans_cases():
    random = numpy.random.default_rng(36)
    for name, rows, columns, k, dead in (
        ("plain", 300, 10, 8, 0),
        ("odd", 157, 7, 5, 2),
        ("two", 60, 1, 2, 0),
        ("many", 100, 5, 50, 0),
    ):
        x, _ = blobs(random, rows, columns, k, 5, 1, dead)
        yield name, x, x[random.permutation(rows)[:k]].astype(numpy.float64)
    x, _ = blobs(random, 120, 4, 4, 0, 1, 0)
    centres = x[:5].astype(numpy.float64)
    centres[2] = 1e3
    yield "empty", x, centres


def put_kmeans(golden):
    for name, x, centres in kmeans_cases():
        model = KMeans(len(centres), init=centres, n_init=1, algorithm="lloyd").fit(x.astype(numpy.float64))
        golden.set(f"/kmeans/{name}", inertia=float(model.inertia_), n_iter=int(model.n_iter_))
        golden.put(f"/kmeans/{name}/x", x)
        golden.put(f"/kmeans/{name}/centres", centres, exact=True)
        golden.put(f"/kmeans/{name}/labels", model.labels_.astype(numpy.int32))


def main():
    with GoldenFile("gmm.h5") as golden:
        put_mixtures(golden)
        put_given_parameters(golden)
        put_kmeans(golden)


if __name__ == "__main__":
    main()
