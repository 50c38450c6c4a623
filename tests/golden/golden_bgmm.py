"""bgmm.h5: what scikit-learn's BayesianGaussianMixture answers, in double, from given labels.

/mixtures/<case>    attributes: covariance ("diag", "full"), components, prior ("process", "distribution"),
                    concentration, reg_covar, tol, max_iter
  x                 [rows][D] float32
  labels            the start; -1 is none
  after_1, after_5, end                   attributes: lower_bound, n_iter, converged
    concentration                         [1][K], or [2][K] of the process: weight_concentration_
    freedom, means, covariances, score_samples
/digamma            x, y = scipy.special.digamma(x)
"""

import numpy
from scipy.special import digamma
from sklearn.mixture import BayesianGaussianMixture

from golden_file import GoldenFile
from golden_gmm import MAX_ITER, TOL, FromLabels, blobs, fit, spoiled

PRIORS = {"process": "dirichlet_process", "distribution": "dirichlet_distribution"}


class BayesianFromLabels(BayesianGaussianMixture):
    """Starts from hard labels, as BayesianGaussianMixture itself does from those of k-means."""

    _initialize_parameters = FromLabels._initialize_parameters


def shapes():
    """Name, rows, columns, clusters, components, level, spread, dead, concentration (0: the standard)."""
    yield "plain", 180, 8, 4, 6, 0, 1, 0, 0
    yield "odd", 117, 7, 3, 3, 2, 0.5, 0, 10.0
    yield "narrow", 110, 9, 3, 4, 10, 1e-2, 0, 0
    yield "dead", 151, 10, 3, 3, 0, 1, 4, 0
    yield "one_column", 100, 1, 3, 5, -1, 2, 0, 0.01
    yield "one_component", 40, 6, 1, 1, 3, 1, 0, 0
    yield "empty", 110, 5, 4, 4, 1, 1, 0, 0
    yield "rows", 90, 4, 3, 3, 0, 1, 0, 0


def start(random, name, label, components):
    if name == "rows":  # each component is one row, as k-means++ and random_from_data start
        labels = numpy.full(len(label), -1)
        labels[random.permutation(len(label))[:components]] = numpy.arange(components)
        return labels
    labels = spoiled(random, label, components, 0.2)
    return numpy.where(labels == 2, 0, labels) if name == "empty" else labels


def cases():
    """Every shape with both covariances and both priors, half of the four combinations each."""
    random = numpy.random.default_rng(41)
    for i, shape in enumerate(shapes()):
        name, rows, columns, clusters, components, level, spread, dead, concentration = shape
        for covariance, prior in zip(("diag", "full"), list(PRIORS)[:: -1 if i % 2 else 1]):
            x, label = blobs(random, rows, columns, clusters, level, spread, dead)
            labels = start(random, name, label, components)
            yield f"{name}_{covariance}", covariance, prior, components, concentration, x, labels


def put_posterior(golden, group, model, x):
    golden.set(
        group,
        lower_bound=float(model.lower_bound_),
        n_iter=int(model.n_iter_),
        converged=int(model.converged_),
    )
    golden.put(f"{group}/concentration", numpy.atleast_2d(model.weight_concentration_), exact=True)
    golden.put(f"{group}/freedom", model.degrees_of_freedom_, exact=True)
    golden.put(f"{group}/means", model.means_, exact=True)
    golden.put(f"{group}/covariances", model.covariances_.reshape(-1, x.shape[1]), exact=True)
    golden.put(f"{group}/score_samples", model.score_samples(x.astype(numpy.float64)), exact=True)


def put_case(golden, group, model, x):
    for name, max_iter in ("after_1", 1), ("after_5", 5), ("end", MAX_ITER):
        put_posterior(golden, f"{group}/{name}", fit(model, x, max_iter), x)
    changes = numpy.abs(numpy.diff(model.lower_bounds_))
    margin = min(TOL - changes[-1], *(changes[:-1] - TOL), numpy.inf)
    assert model.converged_ and margin > 1e-6, f"{group}: the stopping margin is razor-thin ({margin})"


def put_mixtures(golden):
    for name, covariance, prior, components, concentration, x, labels in cases():
        group = f"/mixtures/{name}"
        model = BayesianFromLabels(
            n_components=components,
            covariance_type=covariance,
            weight_concentration_prior_type=PRIORS[prior],
            weight_concentration_prior=concentration or None,
            tol=TOL,
        )
        model.labels = labels
        golden.set(
            group,
            covariance=covariance,
            components=components,
            prior=prior,
            concentration=float(concentration or 1 / components),
            reg_covar=1e-6,
            tol=TOL,
            max_iter=MAX_ITER,
        )
        golden.put(f"{group}/x", x)
        golden.put(f"{group}/labels", labels.astype(numpy.int32))
        put_case(golden, group, model, x)


def main():
    x = numpy.concatenate([numpy.geomspace(1e-6, 1e7, 60), numpy.linspace(0.5, 12, 47), [1.4616321449683622]])
    with GoldenFile("bgmm.h5") as golden:
        put_mixtures(golden)
        golden.put("/digamma/x", x, exact=True)
        golden.put("/digamma/y", digamma(x), exact=True)


if __name__ == "__main__":
    main()
