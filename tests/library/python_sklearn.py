"""The estimators of host/python/earshot.py in the real scikit-learn, and its tables in the real pandas:
python_sklearn.py EARSHOT LIBRARY SOURCE"""

import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import unittest

earshot_program, library, source = sys.argv[1:4]
os.environ["EARSHOT_LIBRARY"] = library
os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
sys.path.insert(0, str(pathlib.Path(source) / "host/python"))

import earshot
import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted


def run(*words):
    return subprocess.run([earshot_program, *map(str, words), "--quiet"], check=True, capture_output=True, text=True).stdout


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    os.chdir(folder.name)
    unittest.addModuleCleanup(os.chdir, "/")
    run("synth", "corpus", "--seconds", 2, "--normal", 20, "--abnormal", 2, "--machines", "fan,pump")
    run("extract", "corpus", "-o", "patches.h5", "--network", "patch")
    run("fit", "patches.h5", "-o", "model.h5", "--detector", "knn")


def recordings():
    files = sorted(map(str, pathlib.Path("corpus").rglob("*.wav")))
    return files, np.array(["fan" if "/fan/" in file else "pump" for file in files])


def quick(**options):
    return earshot.EarshotTransformer(network="patch", **options)


class Transformer(unittest.TestCase):
    def test_pools(self):
        files, _ = recordings()
        with earshot.Earshot(network="patch") as ear:
            rows = [result.features for result in ear.hear(files)]
        for pool, function in (("mean", np.mean), ("max", np.max), ("median", np.median)):
            expected = np.array([function(row, axis=0) for row in rows])
            self.assertTrue(np.array_equal(quick(pool=pool).fit_transform(files), expected))
        both = quick(pool="mean+std").fit_transform(files)
        self.assertEqual(both.shape, (len(files), 8192))
        with self.assertRaisesRegex(ValueError, "expected one of mean"):
            quick(pool="least").fit(files)

    def test_inputs(self):
        """Paths, bytes, lists of samples and a matrix of them give the same."""
        files, _ = recordings()
        paths = [pathlib.Path(file) for file in files[:4]]
        pcm = [np.frombuffer(path.read_bytes()[44:], "<i2") for path in paths]
        expected = quick().fit_transform(files[:4])
        for X in (paths, [path.read_bytes() for path in paths], pcm, np.stack(pcm), np.array(files[:4])):
            self.assertTrue(np.array_equal(quick().transform(X), expected))

    def test_parameters(self):
        estimator = quick(n_mels=32, options={"fmax": 4000})
        self.assertEqual(estimator.get_params()["n_mels"], 32)
        copy = clone(estimator)
        self.assertEqual(copy.get_params(), estimator.get_params())
        self.assertIsNot(copy, estimator)
        copy.set_params(n_mels=64, options=None)
        files, _ = recordings()
        self.assertEqual(estimator.fit_transform(files[:1]).shape[1], 64 * 32)
        self.assertEqual(copy.fit_transform(files[:1]).shape[1], 64 * 64)
        copy.set_params(n_mels=32)  # after it was opened
        self.assertEqual(copy.fit_transform(files[:1]).shape[1], 64 * 32)
        with self.assertRaises(ValueError):
            estimator.set_params(mels=3)
        self.assertIn("n_mels=32", repr(estimator))

    def test_names(self):
        estimator = quick(pool="mean+std").fit()
        names = estimator.get_feature_names_out()
        self.assertEqual((len(names), names[0], names[-1]), (8192, "patch_0_mean", "patch_4095_std"))
        self.assertEqual(estimator.n_features_out_, len(names))
        check_is_fitted(estimator)
        with self.assertRaises(sklearn.exceptions.NotFittedError):
            check_is_fitted(quick())

    def test_frames(self):
        files, _ = recordings()
        frame = quick().set_output(transform="pandas").fit_transform(files[:3])
        self.assertEqual((frame.shape, frame.columns[1]), ((3, 4096), "patch_1"))

    def test_pickle(self):
        files, _ = recordings()
        estimator = quick().fit()
        again = pickle.loads(pickle.dumps(estimator))
        self.assertTrue(np.array_equal(again.transform(files[:2]), estimator.transform(files[:2])))

    def test_bad_recording(self):
        files, _ = recordings()
        pathlib.Path("bad.wav").write_bytes(b"no recording")
        estimator = quick().fit()
        with self.assertRaisesRegex(earshot.EarshotError, "bad.wav"):
            estimator.transform([files[0], "bad.wav", *files[1:]])
        # What was on its way is not taken for the next call's.
        self.assertTrue(np.array_equal(estimator.transform(files[:2]), quick().fit_transform(files[:2])))
        with self.assertRaisesRegex(earshot.EarshotError, r"recordings\[0\]: 0.006 s found, at least 1.008 s expected"):
            estimator.transform([np.zeros(100, np.int16)])
        self.assertEqual(estimator.transform([]).shape, (0, 4096))


class InPipelines(unittest.TestCase):
    def test_pipeline(self):
        files, machines = recordings()
        model = make_pipeline(quick(), StandardScaler(), LogisticRegression(max_iter=200))
        model.fit(files[::2], machines[::2])
        self.assertEqual(model.score(files[1::2], machines[1::2]), 1)
        self.assertEqual(len(model[:-1].get_feature_names_out()), 4096)

    def test_grid(self):
        files, machines = recordings()
        model = make_pipeline(quick(), LogisticRegression(max_iter=200))
        grid = GridSearchCV(model, {"earshottransformer__pool": ["mean", "max"], "earshottransformer__n_mels": [32, 64]}, cv=2)
        grid.fit(files, machines)
        self.assertEqual(grid.best_score_, 1)
        self.assertEqual(len(grid.cv_results_["params"]), 4)

    def test_processes(self):
        """Other processes load earshot.py and open handles of their own."""
        os.environ["PYTHONPATH"] = sys.path[0]
        files, machines = recordings()
        model = make_pipeline(quick(), LogisticRegression(max_iter=200))
        self.assertTrue(np.array_equal(cross_val_score(model, files, machines, cv=2, n_jobs=2), [1, 1]))

    def test_union_in_threads(self):
        files, _ = recordings()
        union = FeatureUnion([("mean", quick()), ("max", quick(pool="max"))], n_jobs=2)
        together = union.fit_transform(files[:6])
        self.assertTrue(np.array_equal(together[:, :4096], quick().fit_transform(files[:6])))


class Detector(unittest.TestCase):
    def test_signs(self):
        expected = {}
        for line in run("score", "model.h5", "patches.h5").splitlines()[1:]:
            path, *_, score, _, verdict = line.split(",")
            expected["corpus/" + path] = (float(score), -1 if verdict == "not normal" else 1)
        files = list(expected)
        detector = earshot.EarshotDetector("model.h5").fit(files)
        scores, verdicts = np.array([expected[file][0] for file in files]), [expected[file][1] for file in files]
        self.assertTrue(np.allclose(detector.score_samples(files), -scores, rtol=1e-8))
        self.assertEqual(list(detector.predict(files)), verdicts)
        self.assertTrue(np.array_equal(detector.decision_function(files) < 0, np.array(verdicts) < 0))
        self.assertEqual(clone(detector).get_params(), detector.get_params())

    def test_group(self):
        files, _ = recordings()
        pcm = [np.frombuffer(pathlib.Path(file).read_bytes()[44:], "<i2") for file in files[:2]]
        named = earshot.EarshotDetector("model.h5", group="fan").fit()
        self.assertTrue(np.array_equal(named.score_samples(pcm), named.score_samples(files[:2])))
        with self.assertRaisesRegex(earshot.EarshotError, "2 groups"):
            earshot.EarshotDetector("model.h5").fit().score_samples(pcm)


class Tables(unittest.TestCase):
    def test_pandas(self):
        table = earshot.read_features("patches.h5")
        frame = table.frame()
        self.assertEqual(frame.shape, (len(table), 6 + 4096))
        self.assertTrue(np.array_equal(frame.iloc[:, 6:].to_numpy(), table.features))
        self.assertEqual(frame.groupby("machine").path.nunique().to_dict(), {"fan": 22, "pump": 22})
        self.assertEqual(len(table.recordings_frame()), 44)


if __name__ == "__main__":
    print("scikit-learn", sklearn.__version__)
    unittest.main(argv=sys.argv[:1], verbosity=1)
