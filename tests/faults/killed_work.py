"""What is killed: one class a command. Each knows how to begin anew, what to run, what must have come of it in the end,
and in which phase it was killed."""

import os
import shutil
import subprocess


def run(command, cwd, **more):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, **more)


def must_run(command, cwd):
    done = run(command, cwd)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")


def contents(path):
    with open(path, "rb") as file:
        return file.read()


class Work:
    """Runs in `folder`; the files of `results` are compared with those of a run that nobody disturbed."""

    results = []
    made = []  # what begin_anew() removes

    def __init__(self, earshot, folder):
        self.earshot, self.folder = earshot, folder
        self.prepare()
        self.begin_anew()
        must_run(self.command(), folder)
        self.expected = {name: contents(self.at(name)) for name in self.results}

    def at(self, name):
        return os.path.join(self.folder, name)

    def names(self, folder="."):
        return sorted(os.listdir(self.at(folder))) if os.path.isdir(self.at(folder)) else []

    def prepare(self):
        pass

    def begin_anew(self):
        for name in self.made:
            path = self.at(name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)

    def is_finished(self):
        """Whether a file that may not be written twice is there; what it holds is compared all the same."""
        return False

    def differences(self):
        """Results that are missing or not the same bytes, and temporary files that stayed."""
        found = [name for name, bytes in self.expected.items()
                 if not os.path.exists(self.at(name)) or contents(self.at(name)) != bytes]
        return found + [name for name in self.names() if name.endswith(".tmp") or name.endswith(".parts")]


class Extract(Work):
    name = "extract"
    results = ["f.h5"]
    made = ["f.h5", "f.h5.parts", "f.h5.run.json"]

    def prepare(self):
        must_run([self.earshot, "synth", "corpus", "--seconds", "1.1", "--machines", "fan", "--normal", "14",
                  "--abnormal", "4", "--quiet"], self.folder)

    def command(self):
        return [self.earshot, "extract", "corpus", "-o", "f.h5", "--network", "patch", "--shard-size", "2", "--resume",
                "--quiet"]

    def phase(self):
        parts = self.names("f.h5.parts")
        if "f.h5" in self.names():
            return "parts being removed" if parts else "output there"
        if any(name.startswith("f.h5.") and name.endswith(".tmp") for name in self.names()):
            return "output being written"
        complete = sum(name.startswith("part-") and name.endswith(".h5") for name in parts)
        if complete == 9:
            return "all parts there"
        return f"{complete} of 9 parts" if complete else "plan there" if "plan.json" in parts else "nothing there"


class Merge(Extract):
    name = "merge"
    made = ["f.h5", "f.h5.parts"]

    def prepare(self):
        super().prepare()
        must_run(Extract.command(self) + ["--shard", "0/1"], self.folder)
        os.rename(self.at("f.h5.parts"), self.at("kept"))

    def begin_anew(self):
        super().begin_anew()
        shutil.copytree(self.at("kept"), self.at("f.h5.parts"))

    def command(self):
        return [self.earshot, "merge", "f.h5", "--resume", "--quiet"]


class Fit(Work):
    name = "fit"
    results = ["m.h5"]
    made = ["m.h5", "m.h5.training"]

    def prepare(self):
        must_run([self.earshot, "synth", "corpus", "--seconds", "1.1", "--machines", "fan,pump", "--normal", "10",
                  "--abnormal", "2", "--quiet"], self.folder)
        must_run([self.earshot, "extract", "corpus", "-o", "f.h5", "--network", "patch", "--quiet"], self.folder)

    def command(self):
        return [self.earshot, "fit", "f.h5", "-o", "m.h5", "--detector", "small_dcae", "--epochs", "6", "--quiet"]

    def is_finished(self):
        return os.path.exists(self.at("m.h5"))

    def phase(self):
        training = [name for name in self.names("m.h5.training") if name.endswith(".h5")]
        if "m.h5" in self.names():
            return "model there"
        if any(name.startswith("m.h5.") and name.endswith(".tmp") for name in self.names()):
            return "model being written"
        return f"{len(training)} groups begun"


class Reproduce(Work):
    name = "reproduce"
    results = ["study/results.csv", "study/table.csv", "study/table.txt", "study/features/patch/fan/id_00/0dB.h5",
               "study/features/squeezenet1_1/fan/id_00/0dB.h5"]
    made = ["study"]

    def prepare(self):
        must_run([self.earshot, "synth", "corpus", "--seconds", "1.1", "--machines", "fan", "--normal", "8", "--abnormal",
                  "3", "--quiet"], self.folder)

    def command(self):
        return [self.earshot, "reproduce", "corpus", "-o", "study", "--networks", "squeezenet1_1", "--weights", "seeded:1",
                "--detectors", "knn,gmm,small_dcae", "--components", "2", "--reg-covar", "1e-2", "--epochs", "2",
                "--seeds", "2", "--quiet"]

    def differences(self):
        left = [name for _, folders, files in os.walk(self.at("study")) for name in folders + files
                if name.endswith((".tmp", ".parts", ".training"))]
        return super().differences() + left

    def phase(self):
        files = [os.path.relpath(os.path.join(at, name), self.at("study"))
                 for at, _, names in os.walk(self.at("study")) for name in names]
        features = sum(name.startswith("features/") and name.endswith("dB.h5") for name in files)
        cells = sum(name.endswith(".json") and name.startswith("cells/") for name in files)
        if "results.csv" in files:
            return "tables being written"
        if any(".training" in name for name in files):
            return "training"
        return f"{features} of 2 feature files, {cells} of 3 cells"


ALL = {work.name: work for work in (Extract, Merge, Fit, Reproduce)}
