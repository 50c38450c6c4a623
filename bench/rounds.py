"""What the questions share: peers that stay loaded, interleaved rounds, medians and ratios, the table and its JSON.

In a round every engine measures once, one after the other and nothing beside it; each round begins with another one.
A ratio is ours / peer of one round, above 1 where earshot is faster; the median over the rounds counts, never a single
figure, since the same program differs by 15 % from minute to minute.

A script makes a `Question` and calls `run(question)`. Each peer is this script once more, as a process of its own
(`--worker`), so that no peer's threads or libraries meet another's; scripts import a peer's library only there.
"""

import argparse
import collections
import datetime
import importlib.metadata
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What holds oneDNN (PyTorch, OpenVINO) to an instruction set. MNN, ncnn and ONNX Runtime take what they find.
ISA = {
    "native": {},
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
             "EARSHOT_VECTOR_BITS": "256"},
}
PAUSE_S = 0.3  # between engines: threads of OpenBLAS and OpenMP spin for a while after a call

# name      of the question
# units     quantity → unit; one that ends in "/s" is better when larger
# cases     case → a dict of what an engine must know; "peers" in it names those that can run it (absent: all)
# peers     peer → function(job), which returns measure(request) and a note; measure returns {quantity: figure}
# ours      function(job, request), which returns {quantity: figure} and a dict of other facts
# prepare   function(job): makes the files that the case's engines are given
# packages  whose versions are told
Question = collections.namedtuple("Question", "name about units cases peers ours prepare packages")


# ------------------------------------------------------------------------------------------------ figures


def is_larger_better(unit):
    return unit.endswith("/s")


def ratio(ours, theirs, unit):
    return ours / theirs if is_larger_better(unit) else theirs / ours


def compare(ours, theirs, unit):
    """Figures of the same rounds: the peer's median, and the ratios' median, least and largest."""
    ratios = [ratio(a, b, unit) for a, b in zip(ours, theirs)]
    return {"median": statistics.median(theirs), "values": theirs, "ratio": statistics.median(ratios),
            "low": min(ratios), "high": max(ratios)}


def summarize(question, case, quantity, unit, figures, notes):
    """figures: engine → {quantity: [one a round]}, "earshot" among the engines."""
    ours = figures["earshot"][quantity]
    peers = [{"peer": name, "note": notes.get(name, ""), **compare(ours, values[quantity], unit)}
             for name, values in figures.items() if name != "earshot" and quantity in values]
    peers.sort(key=lambda peer: peer["ratio"])
    return {"case": case, "quantity": quantity, "unit": unit,
            "ours": {"median": statistics.median(ours), "values": ours}, "peers": peers,
            "bars": bars.judge(question, case, quantity, peers),
            "limit": bars.judge_limit(question, case, quantity, statistics.median(ours)),
            "not_judged": bars.unjudged(question, case, quantity, peers)}


def median_call_s(run, seconds, least=3):
    """Calls `run` until the seconds are over, three times at least: the median of its seconds."""
    taken, start = [], time.perf_counter()
    while len(taken) < least or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        run()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken)


# ---------------------------------------------------------------------------------------------- printing


def show_figure(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def show_bar(bar):
    goal = f", goal {bar['goal']}" if bar["goal"] else ""
    return f"{bar['peer']}: bar {bar['least']}{goal}, measured {bar['ratio']:.2f}: {bar['verdict']}"


def busy_words(machine):
    """What to say where others use the cores: ratios of engines with many threads then mean little."""
    if "busy_cores" not in machine:  # results of before that was asked
        return f"Load average when it began: {machine['load_at_start']}, that of the question before it among it."
    busy = machine["busy_cores"]
    return f"**Others used {busy} cores when it began: measure again.**" if busy > machine["cores"] / 8 else ""


def show_limit(limit):
    return f"at most {limit['most']}, measured {show_figure(limit['measured'])}: {limit['verdict']}"


def table_lines(case):
    """A case's summary as lines of Markdown."""
    yield f"| {case['case']}: {case['quantity']} | {case['unit']} | ratio | range | |"
    yield "|---|---|---|---|---|"
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in case["facts"].items())
    yield f"| **earshot** | {show_figure(case['ours']['median'])} | | | {facts} |"
    for peer in case["peers"]:
        yield (f"| {peer['peer']} | {show_figure(peer['median'])} | **{peer['ratio']:.2f}** | "
               f"{peer['low']:.2f}–{peer['high']:.2f} | {peer['note']} |")
    yield ""
    yield from (f"- {show_bar(bar)}" for bar in case["bars"])
    if case["limit"]:
        yield f"- {show_limit(case['limit'])}"
    yield from (f"- {word}: not measured, its bar stands" for word in case["not_judged"])
    yield from (f"- {name} left out: {why}" for name, why in case["left_out"].items())


# ------------------------------------------------------------------------------------------- environment


def git(*arguments):
    answer = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    return answer.stdout.strip()


def commit():
    """The short hash; + stands for changes that are not committed, results left aside."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/RESULTS.md",
                  ":!bench/results.json", ":!bench/speed.svg")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def cpu_facts():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    facts = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    known = [name for name in ("avx2", "fma", "avx512f", "amx_tile", "asimd", "sve")
             if name in (facts.get("flags") or facts.get("Features") or "").split()]
    return facts.get("model name", os.uname().machine), known


def busy_cores(seconds=2):
    """How many cores the whole machine uses while this process waits: a load average would tell of the question before."""
    def times():
        user, nice, system, idle, waits, *_ = map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:])
        return user + nice + system, idle + waits

    before = times()
    time.sleep(seconds)
    used, idle = (now - then for now, then in zip(times(), before))
    return round(os.cpu_count() * used / max(used + idle, 1), 2)


def machine():
    model, instructions = cpu_facts()
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {"cpu": model, "instructions": instructions, "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(gib, 1), "kernel": os.uname().release, "busy_cores": busy_cores()}


def versions(packages):
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


# ----------------------------------------------------------------------------------------------- engines


def run_program(command):
    """Runs one of ours: the JSON object on its last line, and its peak of memory in megabytes."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not lines:
        raise SystemExit(f"{' '.join(map(str, command))} failed: exit {process.returncode}")
    return json.loads(lines[-1]), usage.ru_maxrss * 1024 / 1e6


def program(job, name, *options):
    """A benchmark program's command line, its last line in JSON."""
    words = [f"{job['build']}/bench/{name}", "--json", "--threads", job["threads"], *options]
    return [str(word) for word in words]


class Peer:
    """A peer's process. Its answers are lines of JSON; all else that it says goes to a log. While others measure it is
    stopped: some libraries' threads never stop looking for work."""

    def __init__(self, script, job):
        self.log = pathlib.Path(job["folder"]) / f"{job['case']}-{job['peer']}.log".replace(" ", "_").replace("/", "_")
        threads = str(job["threads"])
        environment = dict(os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads,
                           PYTHONDONTWRITEBYTECODE="1")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([sys.executable, script, "--worker", json.dumps(job)], env=environment,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def ask(self, request):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def answer(self):
        """None when it has died."""
        line = self.process.stdout.readline()
        if line:
            self.process.send_signal(signal.SIGSTOP)
        return json.loads(line) if line else None

    def why_not(self):
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"it ended with {self.process.wait()}"

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it is dead already
        self.process.stdout.close()
        self.process.wait()


def serve(peers, job):
    """The life of a peer's process: build, say so, measure whenever asked."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print as they like
    measure, note = peers[job["peer"]](job)
    for answer in answers_of(measure, note):
        out.write(json.dumps(answer) + "\n")
        out.flush()


def answers_of(measure, note):
    yield note
    for line in sys.stdin:
        yield measure(json.loads(line))


def start_peers(question, job, names):
    """Those that start, with their notes; and why the others did not."""
    started, notes, left_out = {}, {}, {}
    for name in names:
        tell(f"  {job['case']}: starting {name}")
        peer = Peer(sys.argv[0], {**job, "peer": name})
        note = peer.answer()
        if note is None:
            peer.close()
            left_out[name] = peer.why_not()
            tell(f"  {name} left out: {left_out[name]}")
        else:
            started[name], notes[name] = peer, note
    return started, notes, left_out


# ------------------------------------------------------------------------------------------------ rounds


def tell(text):
    print(text, file=sys.stderr, flush=True)


def measure_round(question, job, peers, number, seconds):
    """Engine → {quantity: figure}; and other facts of ours."""
    request = {"seconds": seconds, "round": number}
    order = ["earshot", *peers]
    turn = number % len(order)
    found, facts = {}, {}
    for name in order[turn:] + order[:turn]:
        time.sleep(PAUSE_S)
        if name == "earshot":
            found[name], facts = question.ours(job, request)
        else:
            peers[name].ask(request)
            found[name] = peers[name].answer()
    return found, facts


def measure_case(question, job, names, rounds, seconds):
    """The case's summaries, one a quantity."""
    question.prepare(job)
    peers, notes, left_out = start_peers(question, job, names)
    figures, facts = {}, {}
    for number in range(rounds):
        found, facts = measure_round(question, job, peers, number, seconds)
        for name in [name for name, answer in found.items() if answer is None]:
            left_out[name] = peers[name].why_not()
            peers.pop(name).close()
            figures.pop(name, None)
            del found[name]
        for name, answer in found.items():
            for quantity, value in answer.items():
                figures.setdefault(name, {}).setdefault(quantity, []).append(value)
        tell(f"  {job['case']} round {number + 1}: " + "; ".join(
            f"{name} " + " ".join(show_figure(value) for value in answer.values()) for name, answer in found.items()))
    for peer in peers.values():
        peer.close()
    for quantity in figures.get("earshot", {}):  # none where it cannot run the case
        summary = summarize(question.name, job["case"], quantity, question.units[quantity], figures, notes)
        yield {**summary, "facts": facts, "left_out": left_out}


# ------------------------------------------------------------------------------------------ command line


def parse(question):
    parser = argparse.ArgumentParser(description=question.about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default=str(ROOT / "build"), help="where earshot was built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each engine in each round, at least")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every engine alike")
    parser.add_argument("--isa", choices=ISA, default="native",
                        help="the most that earshot may use, and those peers that can be told: oneDNN's")
    parser.add_argument("--only", help=f"cases, joined by commas: {', '.join(question.cases)}")
    parser.add_argument("--peers", help=f"joined by semicolons, or none: {'; '.join(question.peers) or 'there are none'}")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--folder", help="for inputs that are made, converted networks and logs")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(text, separator, known, kind):
    names = [name.strip() for name in text.split(separator)]
    for name in names:
        if name not in known:
            raise SystemExit(f"{name}: no such {kind}; there are {', '.join(known)}")
    return names


def case_peers(question, case, text):
    if text == "none" or not question.peers:
        return []
    names = chosen(text or ";".join(question.peers), ";", question.peers, "peer")
    return [name for name in names if name in question.cases[case].get("peers", names)]


def run(question, standard=None):
    """standard: the cases that are measured when none are asked for; None: all."""
    arguments = parse(question)
    if arguments.worker:
        return serve(question.peers, json.loads(arguments.worker))
    os.environ.update(ISA[arguments.isa])
    folder = pathlib.Path(arguments.folder or f"{arguments.build}/bench-work") / question.name
    folder.mkdir(parents=True, exist_ok=True)
    result = {"question": question.name, "about": question.about.splitlines()[0],
              "date": datetime.date.today().isoformat(), "commit": commit(), "machine": machine(),
              "threads": arguments.threads, "isa": arguments.isa, "rounds": arguments.rounds, "seconds": arguments.seconds,
              "versions": versions(question.packages), "cases": []}
    print(f"{question.name}: {result['about']}\n{result['machine']['cpu']}, {arguments.threads} threads, peers' instruction set "
          f"{arguments.isa}, commit {result['commit']}, {arguments.rounds} rounds\n{busy_words(result['machine'])}", flush=True)
    asked = arguments.only or ",".join(standard or question.cases)
    for case in chosen(asked, ",", question.cases, "case"):
        job = {**question.cases[case], "case": case, "threads": arguments.threads, "folder": str(folder),
               "build": arguments.build, "isa": arguments.isa}
        names = case_peers(question, case, arguments.peers)
        job["has_peers"] = bool(names)
        for summary in measure_case(question, job, names, arguments.rounds, arguments.seconds):
            result["cases"].append(summary)
            print("\n".join(table_lines(summary)), end="\n\n", flush=True)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")
