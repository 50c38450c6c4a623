#!/usr/bin/env python3
"""Seconds that a detector takes to learn 15,500 × 512 rows and to score 5,400 others, beside scikit-learn's.

The same rows, the same settings (earshot's standard ones, the paper's where it has any), all cores for both;
scikit-learn gets float64. Mixtures start from different draws and so take different numbers of iterations: they are
asked for by name only (`--only gmm,bgmm`), and em.py times one iteration.
"""

import subprocess
import time
import warnings

import rounds

KDE_ROWS = 540  # scikit-learn takes 9 ms a row: it scores a tenth, and its time is multiplied


def residual(model, rows):
    return ((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(axis=1)


def neighbour_distance(model, rows):
    return model.kneighbors(rows)[0].mean(axis=1)


def score_samples(model, rows):
    return model.score_samples(rows)


def mahalanobis(model, rows):
    return model.mahalanobis(rows)


def detectors():
    from sklearn.covariance import LedoitWolf
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
    from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors
    from sklearn.svm import OneClassSVM

    mixture = {"n_components": 80, "covariance_type": "diag", "max_iter": 150, "random_state": 0}
    return {
        "kde": (lambda: KernelDensity(bandwidth=0.1), score_samples),
        "knn": (lambda: NearestNeighbors(n_neighbors=1, n_jobs=-1), neighbour_distance),
        "iforest": (lambda: IsolationForest(n_estimators=128, random_state=0, n_jobs=-1), score_samples),
        "ocsvm": (lambda: OneClassSVM(nu=1e-4, gamma="scale"), score_samples),
        "lof": (lambda: LocalOutlierFactor(n_neighbors=20, novelty=True, n_jobs=-1), score_samples),
        "mahalanobis": (LedoitWolf, mahalanobis),
        "pca": (lambda: PCA(n_components=0.95), residual),
        "gmm": (lambda: GaussianMixture(**mixture), score_samples),
        "bgmm": (lambda: BayesianGaussianMixture(**mixture), score_samples),
    }


def rows_file(job):
    return f"{job['folder']}/rows.h5"


def peer(job):
    import h5py

    warnings.simplefilter("ignore")  # that it did not converge
    make, score = detectors()[job["case"]]
    with h5py.File(rows_file(job)) as file:
        learned, scored = (file[name][:].astype("float64") for name in ("learned", "scored"))
    rows = scored[:job.get("scored", len(scored))]

    def measure(_):
        start = time.perf_counter()
        model = make().fit(learned)
        fitted = time.perf_counter()
        score(model, rows)
        return {"fit": fitted - start, "score": (time.perf_counter() - fitted) * len(scored) / len(rows)}

    return measure, f"{len(rows)} rows scored, times {len(scored) // len(rows)}" if len(rows) < len(scored) else ""


def prepare(job):
    if job["has_peers"]:
        subprocess.run(rounds.program(job, "detect", "--save", rows_file(job)), check=True)


def ours(job, request):
    found, _ = rounds.run_program(rounds.program(job, "detect", "--detector", job["case"], "--seconds",
                                                 request["seconds"]))
    return {"fit": found["seconds_fit"], "score": found["seconds_score"]}, {"instructions": found["device"]}


STANDARD = ("kde", "knn", "iforest", "ocsvm", "lof", "mahalanobis", "pca")
CASES = {name: {} for name in (*STANDARD, "gmm", "bgmm")}
CASES["kde"]["scored"] = KDE_ROWS

if __name__ == "__main__":
    rounds.run(rounds.Question("detectors", __doc__, {"fit": "s", "score": "s"}, CASES, {"scikit-learn": peer}, ours,
                               prepare, ["scikit-learn", "numpy", "scipy"]), standard=STANDARD)
