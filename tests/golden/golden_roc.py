"""roc.h5: what scikit-learn's roc_auc_score and roc_curve answer.

/<case>             attributes: auc, pauc (max_fpr = 0.1), pauc_half (max_fpr = 0.5)
  score, label      [n] label 1 = abnormal
  fpr, tpr          [n_points] of the curve, one point for each distinct score
"""

import numpy
from sklearn.metrics import roc_auc_score, roc_curve

from golden_file import GoldenFile


def cases():
    """Names, scores and labels: ties within and across labels, inversions, few of one kind."""
    random = numpy.random.default_rng(9)
    yield "apart", [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [0, 0, 0, 1, 1, 1]
    yield "inverted", [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], [0, 0, 0, 1, 1, 1]
    yield "all_tied", [3.0] * 7, [0, 1, 0, 1, 1, 0, 0]
    yield "one_tie", [1.0, 2.0, 2.0, 3.0], [0, 0, 1, 1]
    yield "two", [-1e300, 1e300], [0, 1]
    yield "one_abnormal", random.normal(size=40), numpy.arange(40) == 17
    yield "one_normal", random.normal(size=40), numpy.arange(40) != 17
    for n in (31, 33, 101, 300):
        label = random.permutation(n) % 2
        yield f"floats_{n}", random.normal(size=n) + label, label
        yield f"ties_{n}", random.integers(0, 6, n) + 2 * label, label
        yield f"uneven_{n}", random.standard_cauchy(n) * 1e5, random.random(n) < 0.15
    label = numpy.repeat([0, 1], 150)
    yield "paper", numpy.round(random.normal(size=300) * 20 - 400 + 15 * label, 1), label


def main():
    with GoldenFile("roc.h5") as golden:
        for name, score, label in cases():
            score, label = numpy.asarray(score, numpy.float64), numpy.asarray(label, numpy.int32)
            fpr, tpr, _ = roc_curve(label, score, drop_intermediate=False)
            golden.put(f"/{name}/score", score, exact=True)
            golden.put(f"/{name}/label", label)
            golden.put(f"/{name}/fpr", fpr, exact=True)
            golden.put(f"/{name}/tpr", tpr, exact=True)
            golden.set(
                f"/{name}",
                auc=float(roc_auc_score(label, score)),
                pauc=float(roc_auc_score(label, score, max_fpr=0.1)),
                pauc_half=float(roc_auc_score(label, score, max_fpr=0.5)),
            )
