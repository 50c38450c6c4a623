#!/usr/bin/env python3
"""EM of diagonal mixtures, its start by k-means, and whole fits, beside scikit-learn.

512x80 …  seconds of an iteration, rows × columns and components: the mean of the first 20 from the same labels of
          k-means (of scikit-learn the first five: its time does not change). The notes say how far the lower bound
          after 20 iterations is from earshot's, in nats a row; in float32 scikit-learn is wrong on such rows, and a
          peer for speed only
kmeans    seconds of Lloyd's iterations from the same centres, and of the whole start, whose seed is the round's
fits      seconds of `earshot eval` on machines of 1,011 normal recordings, five seeds each, and of a script that does
          the same: hold out, standardise, fit a mixture of 80 from k-means to the end, score, AUC; joblib, one fit a
          core. Two machines stand for the 16 of a study
"""

import pathlib
import subprocess
import time
import warnings

import rounds

SHORT, LONG = 5, 20  # iterations: timed, and before lower bounds are compared
HELD_OUT = 150
ROWS_A_RECORDING = 18


def read(job, dtype):
    import h5py

    with h5py.File(inputs_file(job)) as file:
        return file["rows"][:].astype(dtype), file["labels"][:], file["centres"][:].astype(dtype)


# ------------------------------------------------------------------------------------------- an iteration


def mixture(job, rows, labels):
    """What scikit-learn makes of k-means' labels before it iterates."""
    import numpy
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(job["components"], covariance_type="diag", init_params="random_from_data", max_iter=1, tol=0,
                            random_state=0)
    model.fit(rows[:10 * job["components"]])  # makes what _m_step expects
    responsibilities = numpy.full((len(rows), job["components"]), -numpy.inf, rows.dtype)
    responsibilities[numpy.arange(len(rows)), labels] = 0
    model._m_step(rows, responsibilities)
    return model


def iterate(model, rows, n):
    for _ in range(n):
        lower_bound, responsibilities = model._e_step(rows)
        model._m_step(rows, responsibilities)
    return float(lower_bound)


def em_peer(job, dtype):
    rows, labels, _ = read(job, dtype)
    note = ""
    if job["checks_bound"]:
        found, _ = rounds.run_program(em_program(job, "--seconds", 0))
        off = abs(iterate(mixture(job, rows, labels), rows, LONG) - found["lower_bound"])
        note = f"lower bound differs by {off:.0e} nats"
    model = mixture(job, rows, labels)

    def measure(_):
        start = time.perf_counter()
        iterate(model, rows, SHORT)
        return {"iteration": (time.perf_counter() - start) / SHORT}

    return measure, note


# ------------------------------------------------------------------------------------------------ k-means


def kmeans_peer(job, dtype):
    from sklearn.cluster import KMeans

    rows, _, centres = read(job, dtype)
    found, _ = rounds.run_program(em_program(job, "--seconds", 0))
    inertia = KMeans(job["components"], init=centres, n_init=1).fit(rows).inertia_

    def measure(request):
        start = time.perf_counter()
        KMeans(job["components"], init=centres, n_init=1).fit(rows)
        given = time.perf_counter()
        KMeans(job["components"], n_init=1, random_state=request["round"]).fit(rows)
        return {"given": given - start, "whole": time.perf_counter() - given}

    return measure, f"inertia from the same centres differs by {abs(inertia / found['inertia'] - 1):.0e}"


# ------------------------------------------------------------------------------------------------- fits


def fit_one(normal, abnormal, seed, components):
    """A split, a fit, an AUC: normal and abnormal are [recordings][rows][columns]."""
    import numpy
    from sklearn.metrics import roc_auc_score
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore")  # that it did not converge
    order = numpy.random.default_rng(seed).permutation(len(normal))
    held_out = min(HELD_OUT, len(abnormal), len(normal) // 2)
    columns = normal.shape[-1]
    learned = normal[order[held_out:]].reshape(-1, columns)
    tested = numpy.concatenate([normal[order[:held_out]], abnormal[:held_out]]).reshape(-1, columns)
    scaler = StandardScaler().fit(learned)
    model = GaussianMixture(components, covariance_type="diag", max_iter=150, random_state=seed)
    model.fit(scaler.transform(learned))
    scores = -model.score_samples(scaler.transform(tested)).reshape(2 * held_out, -1).mean(axis=1)
    return roc_auc_score([0] * held_out + [1] * held_out, scores)


def read_machines(path):
    """Of each machine its normal and its abnormal recordings."""
    import h5py

    with h5py.File(path) as file:
        rows = file["features"][:].astype("float64")
        machines, labels = (file[f"recordings/{name}"].asstr()[:] for name in ("id", "label"))
    rows = rows.reshape(len(machines), ROWS_A_RECORDING, -1)
    return [tuple(rows[(machines == machine) & (labels == label)] for label in ("normal", "abnormal"))
            for machine in sorted(set(machines))]


def fits_peer(job):
    import joblib

    workers = joblib.Parallel(n_jobs=job["threads"])
    workers(joblib.delayed(fit_one)(normal[:20], abnormal[:20], 0, 2)
            for normal, abnormal in read_machines(fits_file(job)) * job["threads"])  # starts the processes

    def measure(_):
        start = time.perf_counter()
        workers(joblib.delayed(fit_one)(normal, abnormal, seed, job["components"])
                for normal, abnormal in read_machines(fits_file(job)) for seed in range(job["seeds"]))
        return {"fits": time.perf_counter() - start}

    return measure, f"{job['machines']} machines × {job['seeds']} seeds"


# -------------------------------------------------------------------------------------------------- ours


def inputs_file(job):
    return f"{job['folder']}/{job['rows']}-{job['columns']}-{job['components']}.h5"


def fits_file(job):
    return f"{job['folder']}/machines-{job['machines']}.h5"


def em_program(job, *options):
    return rounds.program(job, "em", "--rows", job["rows"], "--columns", job["columns"], "--components",
                          job["components"], *options)


def prepare(job):
    if job["kind"] == "fits" and not pathlib.Path(fits_file(job)).exists():
        subprocess.run(rounds.program(job, "corpus", "--save", fits_file(job), "--machines", job["machines"]), check=True)
    elif job["kind"] != "fits" and job["has_peers"]:
        subprocess.run(em_program(job, "--save", inputs_file(job)), check=True)


def our_em(job, request):
    found, _ = rounds.run_program(em_program(job, "--seconds", request["seconds"]))
    return {"iteration": found["seconds_per_iteration"]}, {"instructions": found["device"]}


def our_kmeans(job, request):
    given, _ = rounds.run_program(em_program(job, "--seconds", 0))
    whole = given
    if request["round"]:
        whole, _ = rounds.run_program(em_program(job, "--seconds", 0, "--seed", request["round"]))
    return {"given": given["seconds_lloyd"], "whole": whole["seconds_init"]}, {"instructions": given["device"]}


def our_fits(job, request):
    start = time.perf_counter()
    found, megabytes = rounds.run_program([
        f"{job['build']}/earshot", "eval", fits_file(job), "-o", f"{job['folder']}/fits", "--overwrite", "--quiet",
        "--backend", "cpu", "--json", "--threads", job["threads"], "--seeds", job["seeds"], "--held-out", HELD_OUT,
        "--components", job["components"]])
    return {"fits": time.perf_counter() - start}, {"auc": found["auc"], "peak_megabytes": round(megabytes)}


KINDS = {"em": our_em, "kmeans": our_kmeans, "fits": our_fits}


def ours(job, request):
    return KINDS[job["kind"]](job, request)


# By kind, since not every peer can do everything.
PEERS = {
    "scikit-learn, float64": lambda job: (em_peer if job["kind"] == "em" else kmeans_peer)(job, "float64"),
    "scikit-learn, float32": lambda job: (em_peer if job["kind"] == "em" else kmeans_peer)(job, "float32"),
    "scikit-learn, joblib": fits_peer,
}
EXACT, BOTH = ["scikit-learn, float64"], ["scikit-learn, float64", "scikit-learn, float32"]
CASES = {
    "512x80": {"kind": "em", "rows": 15500, "columns": 512, "components": 80, "checks_bound": True, "peers": BOTH},
    "512x8": {"kind": "em", "rows": 15500, "columns": 512, "components": 8, "checks_bound": True, "peers": BOTH},
    "2048x80": {"kind": "em", "rows": 15500, "columns": 2048, "components": 80, "checks_bound": False,
                "peers": EXACT},
    "kmeans": {"kind": "kmeans", "rows": 15500, "columns": 512, "components": 80, "peers": BOTH},
    "fits": {"kind": "fits", "machines": 2, "seeds": 5, "components": 80, "peers": ["scikit-learn, joblib"]},
}
UNITS = {"iteration": "s", "given": "s", "whole": "s", "fits": "s"}

if __name__ == "__main__":
    rounds.run(rounds.Question("em", __doc__, UNITS, CASES, PEERS, ours, prepare,
                               ["scikit-learn", "numpy", "scipy", "joblib"]))
