"""gamma.h5: what scipy's gamma answers; its fit is polished until its steps are far below every tolerance.

/fits/<case>        attributes: shape, location, scale; quantile (0.9); likelihood (the mean log density)
  x                 [n] scores
/quantiles          shape, q, x [n]; x = scipy.stats.gamma.ppf(q, shape), where gamma.cdf(x, shape) is q
"""

import numpy
import scipy
from scipy.optimize import fmin
from scipy.stats import gamma

from golden_file import GoldenFile


def samples():
    """Scores skewed to the right, as anomaly scores are: likelihoods, distances, near and far from zero."""
    random = numpy.random.default_rng(17)
    yield "plain", random.gamma(3, 2, 200)
    yield "distances", random.gamma(2, 0.01, 990)
    yield "likelihoods", random.gamma(20, 1, 300) - 500
    yield "far", random.gamma(4, 30, 900) - 120000
    yield "few", random.chisquare(4, 25) + 100
    yield "heavy", numpy.abs(random.standard_t(3, 300)) + random.random(300)
    yield "squares", random.chisquare(6, 400) * 1e-4


def polished(f, start, args, disp):
    """Nelder and Mead's search, begun again where it stopped until that changes nothing."""
    for _ in range(5):
        start = fmin(f, start, args, xtol=1e-12, ftol=1e-14, maxiter=20000, maxfun=20000, disp=0)
    return start


def main():
    with GoldenFile("gamma.h5") as golden:
        golden.set("/", scipy=scipy.__version__)
        for name, x in samples():
            shape, location, scale = gamma.fit(x, optimizer=polished)
            assert 1.05 < shape < 1000, f"{name}: the likelihood has no top within host/eval/gamma.h's bounds"
            golden.put(f"/fits/{name}/x", x, exact=True)
            golden.set(
                f"/fits/{name}",
                shape=float(shape),
                location=float(location),
                scale=float(scale),
                quantile=float(gamma.ppf(0.9, shape, location, scale)),
                likelihood=float(gamma.logpdf(x, shape, location, scale).mean()),
            )
        shape, q = numpy.meshgrid([1, 1.001, 1.5, 2, 7.25, 30, 200, 3000, 1e4], [1e-6, 0.01, 0.5, 0.9, 0.999])
        golden.put("/quantiles/shape", shape.ravel(), exact=True)
        golden.put("/quantiles/q", q.ravel(), exact=True)
        golden.put("/quantiles/x", gamma.ppf(q, shape).ravel(), exact=True)


if __name__ == "__main__":
    main()
