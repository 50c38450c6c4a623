#!/usr/bin/env python3
"""Each detector's time beside scikit-learn's, on the same rows: detectors.py build/bench/detect [DETECTOR ...]

Needs h5py and scikit-learn from PyPI. In each of three rounds earshot fits and scores, then scikit-learn does, with
the same settings (earshot's standard ones, the paper's where it has any), both on all cores. Seconds are medians of the
rounds; "times" says how many times longer scikit-learn took, the median of the rounds' ratios. scikit-learn gets
float64. Mixtures start from different draws and so take different numbers of iterations: `em` times one iteration.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import h5py
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors
from sklearn.svm import OneClassSVM

ROUNDS = 3
KDE_ROWS = 540  # scikit-learn takes 9 ms a row: it scores a tenth, and its time is multiplied


def residual(model, rows):
    return ((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(axis=1)


def neighbour_distance(model, rows):
    return model.kneighbors(rows)[0].mean(axis=1)


def score_samples(model, rows):
    return model.score_samples(rows)


def mahalanobis(model, rows):
    return model.mahalanobis(rows)


PEERS = {
    "gmm": (lambda: GaussianMixture(n_components=80, covariance_type="diag", max_iter=150, random_state=0),
            score_samples),
    "bgmm": (lambda: BayesianGaussianMixture(n_components=80, covariance_type="diag", max_iter=150, random_state=0),
             score_samples),
    "iforest": (lambda: IsolationForest(n_estimators=128, random_state=0, n_jobs=-1), score_samples),
    "ocsvm": (lambda: OneClassSVM(nu=1e-4, gamma="scale"), score_samples),
    "kde": (lambda: KernelDensity(bandwidth=0.1), score_samples),
    "knn": (lambda: NearestNeighbors(n_neighbors=1, n_jobs=-1), neighbour_distance),
    "lof": (lambda: LocalOutlierFactor(n_neighbors=20, novelty=True, n_jobs=-1), score_samples),
    "mahalanobis": (LedoitWolf, mahalanobis),
    "pca": (lambda: PCA(n_components=0.95), residual),
}


def time_peer(name, learned, scored):
    make, score = PEERS[name]
    rows = scored[:KDE_ROWS] if name == "kde" else scored
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it did not converge
        model = make().fit(learned)
    fitted = time.perf_counter()
    score(model, rows)
    return fitted - start, (time.perf_counter() - fitted) * len(scored) / len(rows)


def time_earshot(program, name):
    answer = subprocess.run([program, "--detector", name, "--json", "--seconds", "1"], check=True, capture_output=True,
                            text=True)
    found = json.loads(answer.stdout.splitlines()[-1])
    return found["seconds_fit"], found["seconds_score"]


def compare(program, name, learned, scored):
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(time_earshot(program, name))
        theirs.append(time_peer(name, learned, scored))
    line = f"| {name} |"
    for our, their in zip(zip(*ours), zip(*theirs)):  # fits, then scores
        times = statistics.median(b / a for a, b in zip(our, their))
        line += f" {statistics.median(our):.3f} | {statistics.median(their):.3f} | {times:.1f} |"
    print(line, flush=True)


def main():
    program, *names = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--save", f"{folder}/rows.h5"], check=True)
        with h5py.File(f"{folder}/rows.h5") as file:
            learned, scored = (file[name][:].astype("float64") for name in ("learned", "scored"))
    print("| detector | fit, s | scikit-learn's | times | score, s | scikit-learn's | times |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in names or PEERS:
        compare(program, name, learned, scored)


if __name__ == "__main__":
    main()
