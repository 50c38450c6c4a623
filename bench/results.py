#!/usr/bin/env python3
"""What the scripts measured, as one page, one JSON file and a chart: results.py FOLDER OUTPUT

FOLDER holds their JSON files; OUTPUT gets RESULTS.md, results.json and speed.svg.
"""

import json
import pathlib
import sys

import bars
import chart
import rounds

ORDER = ["net", "net-one", "net-avx2", "line", "serve", "serve-latency", "stages", "em", "fits", "detectors", "dcae", "memory"]


def read(folder):
    """The results there are, the well-known ones first; each with the stem of its file."""
    files = {path.stem: path for path in pathlib.Path(folder).glob("*.json") if path.stem in ORDER}
    return [{"file": stem, **json.loads(files[stem].read_text())} for stem in ORDER if stem in files]


def machine_lines(results):
    machine = results[0]["machine"]
    yield (f"{machine['cpu']} ({', '.join(machine['instructions'])}), {machine['cores']} cores, "
           f"{machine['memory_gib']:.0f} GiB, Linux {machine['kernel']}.")
    if "avx512f" in machine["instructions"]:
        yield "**The bars were set on a machine with AVX2 only. This one has AVX-512, which peers use where they can.**"
        if any(result["file"] == "net-avx2" for result in results):
            yield "net-avx2 repeats the networks with PyTorch and OpenVINO held to AVX2."


def bar_rows(result):
    for case in result["cases"]:
        where = f"| {result['file']} | {case['case']}: {case['quantity']} |"
        for bar in case["bars"]:
            verdict = f"**{bar['verdict']}**" if bar["verdict"] == "missed" else bar["verdict"]
            yield (f"{where} {bar['strongest']} | {bar['least']} | {bar['goal'] or ''} | {bar['ratio']:.2f} | "
                   f"{verdict} |")
        for word in case["not_judged"]:
            yield f"{where} {word} | | | | not measured |"
        if case["limit"]:
            limit = case["limit"]
            yield f"{where} | at most {limit['most']} | | {rounds.show_figure(limit['measured'])} | {limit['verdict']} |"


def not_run(results):
    """Cases that have a bar or a limit and no figures."""
    measured = {(result["question"], case["case"], case["quantity"]) for result in results for case in result["cases"]}
    return [f"{question} {case}: {quantity}" for question, case, quantity in {**bars.BARS, **bars.LIMITS}
            if (question, case, quantity) not in measured]


def all_bars(results):
    return [bar for result in results for case in result["cases"] for bar in case["bars"]]


def summary_lines(results):
    judged, missing = all_bars(results), not_run(results)
    missed = sum(bar["verdict"] == "missed" for bar in judged)
    yield f"{len(judged) - missed} of {len(judged)} bars are reached, {missed} are missed.\n"
    if missing:
        yield f"Not measured: {'; '.join(missing)}.\n"
    yield "| | what | strongest peer of its kind | bar | goal | measured | |"
    yield "|---|---|---|---|---|---|---|"
    for result in results:
        yield from bar_rows(result)


def question_lines(result):
    yield f"\n## {result['file']}\n\n{result['about']}\n"
    isa = "" if result["isa"] == "native" else f", earshot and oneDNN's peers held to {result['isa']}"
    yield (f"{result['date']}, commit {result['commit']}, {result['threads']} threads, {result['rounds']} rounds of "
           f"{result['seconds']} s an engine{isa}. {rounds.busy_words(result['machine'])}\n")
    if result["versions"]:
        yield ", ".join(f"{name} {version}" for name, version in result["versions"].items() if version) + ".\n"
    for case in result["cases"]:
        yield from rounds.table_lines(case)
        yield ""


def page(results):
    yield "# Results\n\nWritten by `results.py` from what the scripts of `make bench` measured; [README.md](README.md) tells what and how.\n"
    yield "A ratio is earshot / peer, above 1 where earshot is faster: the median over interleaved rounds, and its range.\n"
    yield from machine_lines(results)
    yield "\n![ratios](speed.svg)\n\n## Bars\n"
    yield from summary_lines(results)
    for result in results:
        yield from question_lines(result)


def main():
    folder, output = sys.argv[1], pathlib.Path(sys.argv[2])
    results = read(folder)
    if not results:
        raise SystemExit(f"{folder} holds no results")
    output.mkdir(parents=True, exist_ok=True)
    (output / "RESULTS.md").write_text("\n".join(page(results)).rstrip() + "\n")
    (output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (output / "speed.svg").write_text(chart.draw(results))
    print("\n".join(summary_lines(results)))
    print(f"\n{output}/RESULTS.md, results.json and speed.svg are written")


if __name__ == "__main__":
    main()
