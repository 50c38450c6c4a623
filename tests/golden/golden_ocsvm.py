"""ocsvm.h5: what scikit-learn's OneClassSVM (LIBSVM) answers, in double.

/data/<name>        learned, scored: [rows][D] float32; some rows are in both
/svm/<case>         attributes: data (a name), nu, gamma (a text as --gamma takes it), used (the number),
                    tol, rho, objective (of the dual problem), support (how many vectors)
  a                 [rows learned from] dual coefficients
  score             [rows scored] -decision_function
"""

import numpy
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import OneClassSVM

from golden_file import GoldenFile

TIGHT, STANDARD = 1e-6, 1e-3
SMALLEST = 1e-8  # where all coefficients together are 0.02, gradients are that much smaller as well


def data():
    random = numpy.random.default_rng(43)
    for name, n_learned, n_scored, columns, level in (
        ("plain", 200, 40, 10, 0),
        ("wide", 150, 20, 100, 0),
        ("level", 157, 33, 7, 3),
        ("relu", 300, 40, 16, -1),
    ):
        centres = random.normal(size=(6, columns))
        learned = level + centres[random.integers(0, 6, n_learned)] + random.normal(size=(n_learned, columns))
        scored = level + centres[random.integers(0, 6, n_scored)] + 2 * random.normal(size=(n_scored, columns))
        if name == "relu":
            learned, scored = numpy.maximum(learned, 0), numpy.maximum(scored, 0)
        learned, scored = learned.astype(numpy.float32), scored.astype(numpy.float32)
        scored[::4] = learned[: len(scored[::4])]
        yield name, learned, scored
    learned = numpy.repeat(random.normal(size=(40, 5)), 3, axis=0).astype(numpy.float32)
    yield "copies", learned, random.normal(size=(20, 5)).astype(numpy.float32)


def put_case(golden, name, learned, scored, nu, gamma, tol):
    x, y = learned.astype(numpy.float64), scored.astype(numpy.float64)
    word = gamma in ("scale", "auto")
    model = OneClassSVM(nu=nu, gamma=gamma if word else float(gamma), tol=tol).fit(x)
    a = numpy.zeros(len(x))
    a[model.support_] = model.dual_coef_[0]
    used = float(model._gamma)
    group = f"/svm/{name}_{nu:.3g}_{gamma}_{tol}"
    golden.set(
        group,
        data=name,
        nu=nu,
        gamma=gamma,
        used=used,
        tol=tol,
        rho=float(model.offset_[0]),
        objective=float(a @ rbf_kernel(x, gamma=used) @ a / 2),
        support=len(model.support_),
    )
    golden.put(f"{group}/a", a, exact=True)
    golden.put(f"{group}/score", -model.decision_function(y), exact=True)


def main():
    with GoldenFile("ocsvm.h5") as golden:
        for name, learned, scored in data():
            golden.put(f"/data/{name}/learned", learned)
            golden.put(f"/data/{name}/scored", scored)
            put_case(golden, name, learned, scored, 1e-4, "scale", SMALLEST)
            for nu in (1.55 / len(learned), 0.1, 0.5):  # the first is the paper's: nu times rows is 1.55
                for tol in (TIGHT, STANDARD):
                    put_case(golden, name, learned, scored, nu, "scale", tol)
            put_case(golden, name, learned, scored, 0.05, "auto", TIGHT)
            put_case(golden, name, learned, scored, 0.05, "0.3", TIGHT)


if __name__ == "__main__":
    main()
