"""host/python/earshot.py, its reader and its binding, held to `extract`, `score` and h5py: python_binding.py EARSHOT LIBRARY SOURCE"""

import gc
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
import os

earshot_program, library, source = sys.argv[1:4]
os.environ["EARSHOT_LIBRARY"] = library
os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
sys.path.insert(0, str(pathlib.Path(source) / "host/python"))
try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)
import earshot


def run(*words):
    return subprocess.run([earshot_program, *map(str, words), "--quiet"], check=True, capture_output=True, text=True).stdout


def samples_of(path):
    return np.frombuffer(pathlib.Path(path).read_bytes()[44:], "<i2")


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    os.chdir(folder.name)
    unittest.addModuleCleanup(os.chdir, "/")
    run("synth", "corpus", "--seconds", 4, "--normal", 20, "--abnormal", 2, "--machines", "fan,pump")
    run("extract", "corpus", "-o", "features.h5", "--network", "squeezenet1_1", "--weights", "seeded:1")
    run("extract", "corpus", "-o", "patches.h5", "--network", "patch")
    run("fit", "patches.h5", "-o", "model.h5", "--detector", "knn")


class Files(unittest.TestCase):
    def test_features(self):
        table = earshot.read_features("patches.h5")
        with h5py.File("patches.h5") as file:
            self.assertTrue(np.array_equal(table.features, file["features"][()]))
            self.assertEqual(list(table.recordings["path"]), [path.decode() for path in file["recordings/path"][()]])
        self.assertEqual(table.group_of(0), "fan/id_00/0dB")
        self.assertEqual(table.attributes["network"], "patch")
        self.assertEqual(len(table), len(table.recording))

    def test_raw(self):
        # Standardising and undoing it are two roundings of float32 each way.
        table = earshot.read_features("patches.h5")
        with earshot.Earshot(network="patch") as ear:
            fresh = np.concatenate([result.features for result in ear.hear(["corpus/" + path for path in table.recordings["path"]])])
        scale = max(group["scale"].max() for group in _leaves(table.standardization))
        self.assertLess(np.abs(table.raw() - fresh).max(), 1e-5 * max(scale, np.abs(fresh).max()))

    def test_model(self):
        model = earshot.read_model("model.h5")
        self.assertEqual(model.attributes["detector"], "knn")
        self.assertEqual(list(model.groups), ["fan/id_00/0dB", "pump/id_00/0dB"])
        self.assertEqual(len(model.groups["fan/id_00/0dB"]["calibration"]["scores"]), 20)

    def test_foreign(self):
        with self.assertRaisesRegex(ValueError, "no earshot-features file"):
            earshot.read_features("model.h5")


def _leaves(group):
    if "scale" in group:
        return [group]
    return [leaf for member in group.values() if isinstance(member, dict) for leaf in _leaves(member)]


def of_extract(paths):
    """What `extract` makes of each path: standardised by that run, undone."""
    table = earshot.read_features("features.h5")
    rows = {path: table.raw()[table.recording == row] for row, path in enumerate(table.recordings["path"])}
    return [rows[path] for path in paths]


class Binding(unittest.TestCase):
    paths = [f"0dB/{machine}/id_00/normal/0000000{n}.wav" for machine in ("fan", "pump") for n in range(5)]

    def open(self, **options):
        return earshot.Earshot(network="squeezenet1_1", weights="seeded:1", **options)

    def test_same_bits_each_way(self):
        """A path, bytes, int16 and float samples, alone and with others: the same bits."""
        with self.open() as ear:
            files = ["corpus/" + path for path in self.paths]
            together = [result.features for result in ear.hear(files)]
            for path, features in zip(files[:3], together):
                pcm = samples_of(path)
                for recording in (path, pathlib.Path(path).read_bytes(), pcm, (pcm / 32768).astype(np.float32), pcm / 32768):
                    self.assertTrue(np.array_equal(ear.hear_one(recording).features, features))
        for found, expected in zip(together, of_extract(self.paths)):
            self.assertLess(np.abs(found - expected).max(), 1e-5 * np.abs(found).max())  # standardised and back

    def test_no_copies(self):
        """The array is the library's memory, stays when result and handle are gone, and cannot be written."""
        ear = self.open()
        result = ear.hear_one("corpus/" + self.paths[0])
        first, second = result.features, result.features
        self.assertEqual(first.ctypes.data, second.ctypes.data)
        self.assertFalse(first.flags.writeable)
        self.assertFalse(first.flags.owndata)
        kept = first.copy()
        view = first[1:]
        ear.close()
        del ear, result, first, second
        gc.collect()
        [np.ones(len(kept) * 2048, np.float32) for _ in range(50)]
        self.assertTrue(np.array_equal(view, kept[1:]))

    def test_scores(self):
        expected = {}
        for line in run("score", "model.h5", "patches.h5").splitlines()[1:]:
            path, *_, score, percentile, verdict = line.split(",")
            expected[path] = (float(score), float(percentile), verdict)
        with earshot.Earshot("model.h5") as ear:
            self.assertEqual(ear.groups, ["fan/id_00/0dB", "pump/id_00/0dB"])
            for result in ear.hear(["corpus/" + path for path in expected]):
                score, percentile, verdict = expected[result.name.removeprefix("corpus/")]
                self.assertAlmostEqual(result.score, score, delta=1e-8 * abs(score))  # nine digits were printed
                self.assertAlmostEqual(result.percentile, percentile, delta=1e-4)
                self.assertEqual(result.verdict, verdict)
                self.assertAlmostEqual(result.patch_scores.mean(), result.score, delta=1e-9 * abs(score))
                self.assertEqual(result.verdict == "not normal", result.score > result.threshold)
                self.assertEqual(ear.judge(result.score, result.name.split("/")[2])[1], verdict)
                self.assertEqual(len(result.starts), len(result.features))

    def test_failures(self):
        with self.open(ahead=4) as ear:
            ear.push(b"no recording", name="junk")
            ear.push(samples_of("corpus/" + self.paths[0]))
            with self.assertRaisesRegex(earshot.EarshotError, "junk: ") as caught:
                ear.pull()
            self.assertEqual(caught.exception.status, earshot.INPUT)
            self.assertEqual(ear.pull().number, 1)
            self.assertIsNone(ear.pull())
            for wrong in ("nowhere.wav", np.zeros((2, 2), np.float32), np.zeros(0, np.int16)):
                with self.assertRaises(earshot.EarshotError):
                    ear.push(wrong)
            for _ in range(4):
                ear.push(np.zeros(20000, np.int16))
            with self.assertRaises(earshot.EarshotError) as caught:
                ear.push(np.zeros(20000, np.int16))
            self.assertEqual(caught.exception.status, earshot.BUSY)
        with self.assertRaisesRegex(earshot.EarshotError, "it is closed"):
            ear.pull()
        with self.assertRaisesRegex(earshot.EarshotError, "the nearest one is --n-mels"):
            self.open(n_mel=64)
        with self.assertRaises(earshot.EarshotError):
            earshot.Earshot("patches.h5")

    def test_many_threads(self):
        """Eight threads push into one handle: all answers come, each once, and are the same bits."""
        wave = samples_of("corpus/" + self.paths[0])
        with self.open(ahead=64) as ear:
            expected = ear.hear_one(wave).features
            threads = [threading.Thread(target=lambda: [ear.push(wave) for _ in range(4)]) for _ in range(8)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            numbers = []
            while (result := ear.pull()) is not None:
                numbers.append(result.number)
                self.assertTrue(np.array_equal(result.features, expected))
            self.assertEqual(sorted(numbers), list(range(1, 33)))

    def test_settings(self):
        with self.open(n_mels=32) as ear:
            self.assertEqual(ear.setting("n_mels"), "32")
            self.assertEqual((ear.setting("network"), ear.columns), ("squeezenet1_1", 2048))
            with self.assertRaises(earshot.EarshotError):
                ear.setting("nothing")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
