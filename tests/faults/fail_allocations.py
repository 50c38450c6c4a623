#!/usr/bin/env python3
"""Lets one call for memory after the other fail (allocation_shim.c): fail_allocations.py EARSHOT SHIM COMMAND [RUNS [SEED]]

COMMAND is names of WORKS below with commas between, or all. RUNS tells which calls fail: `every` one, and every tenth with all
calls after it; `ways`: one call of each way through the program (that is, of each chain of callers) drawn by SEED, and for
every tenth of them all calls after it; a number: so many of the latter. Each time the command must end by
itself: as if nothing had happened, or with exit code 1 (4, 5 or 6 where a library took its lack of memory for a bad file or
device; 3 with a warning where something was left out) and one sentence. It leaves no temporary file and no output that is not
whole, and the next run, undisturbed, gives the bytes of a run that always was. A server may also answer 5xx and go on.
Under AddressSanitizer nothing may leak either.
"""

import collections
import concurrent.futures
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile

import starved_server

SANITIZER_CODE = 99
# Features of few columns, so that a fit takes no time.
SMALL = "--network squeezenet1_1 --layer avgpool2x2 --weights seeded:1"
DETECTORS = {"gmm": ["--components", "1", "--reduce", "pca:2"], "bgmm": ["--components", "1"], "iforest": ["--trees", "2"],
             "ocsvm": [], "kde": [], "small_dcae": ["--epochs", "1"], "knn": [], "lof": ["--k", "2"], "mahalanobis": [],
             "pca": [], "level": [], "fuse:knn+level": []}


class Work:
    """One command in a folder: what it needs, and what it makes beside its standard output."""

    def __init__(self, command, needs=(), results=(), again=(), hears=None, most=None):
        """needs, results: files and folders; again: options for running it once more; hears: the file on its standard input,
        or that a server is asked about; most: runs, where it takes long."""
        self.command, self.needs, self.results, self.again = command, needs, results, again
        self.hears, self.most = hears, most


def works():
    found = {
        "synth": Work("synth made --seconds 0.2 --machines fan --normal 1 --abnormal 1", results=["made/0dB/fan/id_00/normal/00000000.wav"],
                      again=["--overwrite"]),
        "extract": Work("extract corpus -o out.h5 --network patch --shard-size 4 --resume", ["corpus"], ["out.h5"]),
        "extract_net": Work("extract corpus/0dB/fan/id_00/abnormal -o out.h5 " + SMALL + " --resume", ["corpus"], ["out.h5"]),
        "merge": Work("merge out.h5 --resume", ["out.h5.parts"], ["out.h5"]),
        "eval": Work("eval f.h5 -o out --detector gmm,knn --components 1 --seeds 2", ["f.h5"], ["out/results.csv"], ["--overwrite"]),
        "score": Work("score m.h5 f.h5", ["f.h5", "m.h5"]),
        "score_wav": Work("score m.h5 corpus/0dB/fan/id_00/abnormal --explain out --as fan", ["corpus", "m.h5"], (), ["--overwrite"]),
        "verify": Work("verify f.h5", ["f.h5"]),
        "recompute": Work("verify f.h5 --recompute 1", ["f.h5", "corpus"]),
        "show": Work("show f.h5", ["f.h5"]),
        "show_model": Work("show m.h5 --json", ["m.h5"]),
        "export_csv": Work("export f.h5 -o out.csv", ["f.h5"], ["out.csv"], ["--overwrite"]),
        "export_npy": Work("export f.h5 -o out.npy", ["f.h5"], ["out.npy"], ["--overwrite"]),
        "trace": Work("trace corpus/0dB/fan/id_00/normal/00000000.wav -o out.h5 --png pictures --network patch", ["corpus"], ["out.h5"],
                      ["--overwrite"]),
        "sweep": Work("sweep corpus -o out --network patch --offset 16,32 --detector knn --seeds 2", ["corpus"],
                      ["out/results.csv", "out/summary.csv"]),
        "reproduce": Work("reproduce corpus -o out --networks squeezenet1_1 --weights seeded:1 --detectors knn --seeds 1",
                          ["corpus"], ["out/results.csv", "out/table.txt"]),
        "weights": Work("weights seeded squeezenet1_1 -o out.safetensors", [], ["out.safetensors"], ["--overwrite"]),
        "weights_list": Work("weights list"),
        "networks": Work("networks --json"),
        "layers": Work("layers squeezenet1_1 --plan"),
        "detectors": Work("detectors"),
        "devices": Work("devices"),
        "dry_run": Work("extract corpus -o out.h5 --network patch --dry-run", ["corpus"]),
        "help": Work("fit --help"),
        "config": Work("extract corpus -o out.h5 --config options.yaml", ["corpus", "options.yaml"], ["out.h5"]),
        "listen": Work("listen --model m.h5 --group fan --window 1.1 --hop 0.55 --behind wait", ["m.h5", "stream.pcm"],
                       hears="stream.pcm"),
        "serve": Work("serve --model line=m.h5 --port 0 --log none --decoders 1", ["m.h5", "stream.wav"], hears="stream.wav"),
        "selftest": Work("selftest --backend cpu", most=24),
        "wrong": Work("extract corpus -o out.h5 --netwrk patch", ["corpus"]),
    }
    for name, options in DETECTORS.items():
        of = "p.h5" if "dcae" in name else "f.h5"
        found["fit_" + name.replace(":", "_").replace("+", "_")] = Work(
            " ".join(["fit", of, "-o out.h5 --detector", name, *options]), [of], ["out.h5"], ["--overwrite"])
    return found


WORKS = works()
WITHOUT_THREADS = {"synth", "merge", "verify", "show", "show_model", "export_csv", "export_npy", "weights", "weights_list", "networks",
                   "layers", "detectors", "devices", "help", "wrong", "recompute"}
# Seconds stand in what these print.
TIMED = {"extract", "config", "selftest", "extract_net", "sweep", "reproduce", "dry_run", "score_wav", "layers", "devices", "recompute", "merge", "show"}


class Bench:
    """Runs commands of one program in a folder that it fills from the store."""

    def __init__(self, earshot, shim, store, folder):
        self.earshot, self.shim, self.store, self.folder = earshot, shim, store, folder
        self.work = os.path.join(folder, "work")
        self.met = os.path.join(folder, "met")
        os.mkdir(folder)

    def run(self, words, cwd, fault=None, hears=None):
        variables = {**os.environ, "EARSHOT_CUDA_PLUGIN": "none", "XDG_CACHE_HOME": os.path.join(self.folder, "cache"),
                     "ASAN_OPTIONS": f"verify_asan_link_order=0:exitcode={SANITIZER_CODE}:allocator_may_return_null=1",
                     "UBSAN_OPTIONS": "halt_on_error=1"}
        if fault:
            variables |= {"LD_PRELOAD": self.shim, "ALLOCATION": fault, "ALLOCATION_MET": self.met}
        command = [self.earshot, *words]
        if words[0] == "serve":
            return starved_server.serve(command, os.path.join(cwd, hears), cwd, variables)
        with open(os.path.join(cwd, hears) if hears else os.devnull, "rb") as heard:
            return subprocess.run(command, cwd=cwd, env=variables, stdin=heard, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, errors="replace", timeout=300)

    def begin(self, needs):
        shutil.rmtree(self.work, ignore_errors=True)
        if os.path.exists(self.met):
            os.remove(self.met)
        os.mkdir(self.work)
        for name in needs:
            source, target = os.path.join(self.store, name), os.path.join(self.work, name)
            shutil.copytree(source, target) if os.path.isdir(source) else shutil.copy(source, target)

    def left(self):
        return [os.path.join(at, name) for at, _, names in os.walk(self.work) for name in names if name.endswith(".tmp")]

    def results(self, work):
        found = {}
        for name in work.results:
            path = os.path.join(self.work, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found[name] = file.read()
        return found


def fill_store(bench):
    """What the commands need."""
    os.mkdir(bench.store)
    for command in ("synth corpus --seconds 1.1 --machines fan --normal 5 --abnormal 2",
                    "extract corpus -o p.h5 --network patch --shard-size 4",
                    f"extract corpus -o f.h5 {SMALL} --shard-size 4",
                    "extract corpus -o out.h5 --network patch --shard-size 4 --shard 0/1",
                    "fit f.h5 -o m.h5 --detector knn"):
        done = bench.run(command.split() + ["--quiet"], bench.store)
        if done.returncode != 0:
            sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")
    with open(os.path.join(bench.store, "corpus/0dB/fan/id_00/abnormal/00000000.wav"), "rb") as file:
        recording = file.read()
    for name, content in {"stream.wav": recording, "stream.pcm": 2 * recording[44:],
                          "options.yaml": b"network: patch\nshard-size: 4\nresume: true\n"}.items():
        with open(os.path.join(bench.store, name), "wb") as file:
            file.write(content)


def words_of(name, work):
    return (work.command.split() + ([] if name in WITHOUT_THREADS else ["--threads", "1"]) +
            ([] if name == "serve" else ["--quiet"]))


def steady(stdout):
    """Without the times of day and the seconds in what `listen` prints."""
    return re.sub(r'"(time|latency_s)":[^,}]*', "", stdout)


class Failures(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Failures(words)


def check_output(name, done, expected, fault):
    if name == "serve":
        wrong = starved_server.complaint(done.stdout, expected["stdout"], fault.startswith("from"))
        check(not wrong, wrong)
    else:
        check(name in TIMED or name.startswith("fit_") or steady(done.stdout) == steady(expected["stdout"]),
              "exit code as ever, but the output is not the same")


def check_end(bench, name, work, done, expected, fault):
    """The exit code that counts: 0 where all is as it should be."""
    code, told = done.returncode, [line for line in done.stderr.splitlines() if line.startswith("earshot: error: ")]
    check(code >= 0, f"killed by signal {-code}")
    check(code != SANITIZER_CODE and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, "the sanitizer complains")
    check(not bench.left(), f"left: {bench.left()}")
    if code == expected["code"]:
        check(bench.results(work) == expected["results"], "exit code as ever, but the results are not the same")
        check_output(name, done, expected, fault)
        return code
    is_told = "earshot: warning: " in done.stderr if code == 3 else len(told) == 1
    check(code in (1, 3, 4, 5, 6) and is_told, f"{len(told)} sentences, expected one")
    for result, bytes in bench.results(work).items():
        check(bytes == expected["results"][result], f"{result} is there and not whole")
    return code


def check_again(bench, name, work, expected):
    done = bench.run(words_of(name, work) + list(work.again), bench.work, hears=work.hears)
    if done.returncode == 5 and "exists" in done.stderr:
        return  # it was whole when the fault came
    check(done.returncode == expected["code"], f"afterwards exit {done.returncode}: {done.stderr}")
    check(bench.results(work) == expected["results"], "afterwards the results are not the same")


def undisturbed(bench, name, work):
    """The way to each call for memory, and what the command does in this bench's folder when there is enough."""
    count_file = os.path.join(bench.folder, "count")
    bench.begin(work.needs)
    done = bench.run(words_of(name, work), bench.work, f"count {count_file}", work.hears)
    with open(count_file) as file:
        ways = file.read().split()
    results = bench.results(work)
    if set(results) != set(work.results) or (done.returncode != 0) != (name == "wrong"):
        sys.exit(f"{name}: exit {done.returncode}, made {sorted(results)}: {done.stderr}")
    return ways, {"code": done.returncode, "stdout": done.stdout, "results": results}


def disturb(bench, name, work, fault, expected):
    """None where no call met the fault; else the exit code."""
    bench.begin(work.needs)
    try:
        done = bench.run(words_of(name, work), bench.work, fault, work.hears)
    except subprocess.TimeoutExpired as late:
        raise Failures(f"it does not end: {late}") from None
    if not os.path.exists(bench.met):
        return None
    try:
        code = check_end(bench, name, work, done, expected, fault)
        if code != expected["code"] and work.results:
            check_again(bench, name, work, expected)
    except Failures as failure:
        raise Failures(f"{failure}; exit {done.returncode}, said: {done.stderr[-6000:]}") from None
    return code


def choose(ways, runs, chance):
    """Faults, in the order of the calls."""
    calls = range(1, len(ways) + 1)
    if runs != "every":
        of_way = collections.defaultdict(list)
        for call in calls:
            of_way[ways[call - 1]].append(call)
        calls = sorted(chance.choice(of_way[way]) for way in sorted(of_way))
    every = [f"fail {call}" for call in calls] + [f"from {call}" for call in calls[::10]]
    most = len(every) if runs in ("every", "ways") else int(runs)
    return every if len(every) <= most else sorted(chance.sample(every, most), key=every.index)


def try_work(benches, name, runs, chance):
    work, expected = WORKS[name], {}
    for bench in [benches.get() for _ in range(benches.qsize())]:
        ways, expected[bench] = undisturbed(bench, name, work)
        benches.put(bench)
    faults = choose(ways, runs, chance)
    if work.most and len(faults) > work.most:
        faults = chance.sample(faults, work.most)
    codes, wrong = collections.Counter(), 0

    def run(fault):
        bench = benches.get()
        try:
            return disturb(bench, name, work, fault, expected[bench]), None
        except Failures as failure:
            return None, f"{name}, {fault}: {failure}"
        finally:
            benches.put(bench)

    with concurrent.futures.ThreadPoolExecutor(benches.qsize()) as pool:
        for code, failure in pool.map(run, faults):
            if failure:
                print(failure, flush=True)
            wrong += failure is not None
            codes[code] += failure is None
    told = ", ".join(f"exit {code}: {n}" for code, n in sorted(codes.items(), key=str) if code is not None)
    print(f"{name}: {len(ways)} calls for memory by {len(set(ways))} ways, {len(faults)} runs; {told}; "
          f"no call met the fault: {codes[None]}; {wrong} wrong", flush=True)
    return collections.Counter(calls=len(ways), ways=len(set(ways)), runs=len(faults), wrong=wrong)


def main():
    earshot, shim, name = sys.argv[1:4]
    runs = sys.argv[4] if len(sys.argv) > 4 else "every"
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    names = list(WORKS) if name == "all" else name.split(",")
    total, chance = collections.Counter(), random.Random(seed)
    # Nothing here is about disks, so none need be waited for.
    memory = "/dev/shm" if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        benches = queue.Queue()
        for number in range(len(os.sched_getaffinity(0))):
            bench = Bench(os.path.realpath(earshot), os.path.realpath(shim), os.path.join(folder, "store"),
                          os.path.join(folder, str(number)))
            benches.put(bench)
        fill_store(bench)
        for one in names:
            total += try_work(benches, one, runs, chance)
    print(f"seed {seed}: {len(names)} commands, {total['calls']} calls for memory by {total['ways']} ways; {total['runs']} runs, "
          f"{total['wrong']} wrong")
    sys.exit(1 if total["wrong"] else 0)


main()
