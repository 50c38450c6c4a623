"""Whether bench/'s scripts count and judge as they say: bench_scripts.py, without any peer (unit.bench_scripts).

This file is also the script of a question whose peers sleep, die and disagree, so that rounds are run as in earnest.
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
sys.dont_write_bytecode = True

import bars
import chart
import dcae
import detectors
import em
import line
import memory
import net
import results
import rounds
import serve
import stages

# ------------------------------------------------------------------------------------- a question of ours


def steady(job):
    print("what a library prints must not reach the answers")
    return lambda request: {"speed": 10.0 + request["round"], "wait": 4.0}, f"saw {job['size']}"


def dies_at_start(job):
    raise SystemExit("features differ by 1e-01 of the largest")


def dies_in_round_two(job):
    def measure(request):
        if request["round"] == 1:
            raise SystemExit("out of luck")
        return {"speed": 1.0, "wait": 1.0}

    return measure, ""


PLANTED = rounds.Question(
    "planted", "Numbers that are known.", {"speed": "things/s", "wait": "s"}, {"one": {"size": 7}, "none": {}},
    {"steady": steady, "dies at start": dies_at_start, "dies in round two": dies_in_round_two},
    lambda job, request: ({} if job["case"] == "none" else {"speed": 30.0, "wait": 2.0}, {"size": 7}),
    lambda job: None, ["no-such-package"])


def run_planted(*options):
    """The JSON that the script writes, and what it prints."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed, \
            contextlib.redirect_stderr(io.StringIO()):
        sys.argv = [__file__, "--folder", folder, "--json", f"{folder}/out.json", "--threads", "1", *options]
        rounds.run(PLANTED)
        return json.loads(pathlib.Path(folder, "out.json").read_text()), printed.getvalue()


class Rounds(unittest.TestCase):
    def test_ratio_is_above_one_where_we_are_faster(self):
        self.assertEqual(rounds.ratio(30, 10, "patches/s"), 3)
        self.assertEqual(rounds.ratio(2, 4, "s"), 2)

    def test_median_of_ratios_is_not_the_ratio_of_medians(self):
        found = rounds.compare([10, 20, 90], [10, 5, 30], "patches/s")
        self.assertEqual((found["ratio"], found["low"], found["high"], found["median"]), (3, 1, 4, 10))

    def test_calls_are_at_least_three(self):
        calls = []
        rounds.median_call_s(lambda: calls.append(1), 0)
        self.assertEqual(len(calls), 3)

    def test_rounds_of_planted_peers(self):
        result, printed = run_planted("--rounds", "3", "--seconds", "0", "--only", "one")
        speed, wait = result["cases"]
        self.assertEqual([peer["peer"] for peer in speed["peers"]], ["steady"])
        self.assertEqual(speed["peers"][0]["values"], [10, 11, 12])
        self.assertAlmostEqual(speed["peers"][0]["ratio"], 30 / 11)
        self.assertEqual(wait["peers"][0]["ratio"], 2)
        self.assertEqual(speed["peers"][0]["note"], "saw 7")
        self.assertIn("features differ", speed["left_out"]["dies at start"])
        self.assertIn("out of luck", speed["left_out"]["dies in round two"])
        self.assertIn("dies at start left out: features differ", printed)

    def test_no_peers_and_cases_that_cannot_be(self):
        result, _ = run_planted("--rounds", "1", "--peers", "none")
        self.assertEqual([case["case"] for case in result["cases"]], ["one", "one"])
        self.assertEqual(result["cases"][0]["peers"], [])
        self.assertEqual(result["versions"], {"no-such-package": None})

    def test_names_that_are_not_there(self):
        for option in ("--only", "--peers"):
            with self.assertRaises(SystemExit):
                run_planted(option, "nothing")


class Bars(unittest.TestCase):
    def test_the_strongest_of_a_kind_counts(self):
        peers = [{"peer": "MNN", "ratio": 2.5}, {"peer": "MNN, side by side", "ratio": 1.62}]
        judged = bars.judge("net", "resnet34", "trunk", peers)
        self.assertEqual(len(judged), 1)
        self.assertEqual(rounds.show_bar(judged[0]), "MNN: bar 1.7, goal 2.2, measured 1.62: missed")
        self.assertEqual(judged[0]["strongest"], "MNN, side by side")
        self.assertNotIn("MNN", bars.unjudged("net", "resnet34", "trunk", peers))
        self.assertIn("ncnn", bars.unjudged("net", "resnet34", "trunk", peers))

    def test_verdicts(self):
        self.assertEqual([bars.verdict(ratio, 1.7, 2.2) for ratio in (1.69, 1.7, 2.19, 2.2)],
                         ["missed", "reached", "reached", "goal reached"])
        self.assertEqual(bars.verdict(9, 2, None), "reached")
        self.assertEqual(bars.judge_limit("memory", "resnet34", "peak", 1201)["verdict"], "missed")
        self.assertIsNone(bars.judge_limit("memory", "alexnet", "peak", 1))

    def test_every_bar_is_of_a_case_and_a_peer_that_are(self):
        questions = {"net": net, "line": line, "em": em, "detectors": detectors, "dcae": dcae, "memory": memory,
                     "serve": serve}
        peers = {"net": net.PEERS, "line": line.PEERS, "em": em.PEERS, "detectors": ["scikit-learn"],
                 "dcae": ["PyTorch"], "memory": [], "serve": serve.PEERS}
        for (question, case, _), words in {**bars.BARS, **{key: [] for key in bars.LIMITS}}.items():
            self.assertIn(case, questions[question].CASES)
            for word in words:
                allowed = questions[question].CASES[case].get("peers", peers[question])
                self.assertTrue(any(bars.means(word, peer) for peer in allowed), (question, case, word))

    def test_cases_name_peers_that_are(self):
        for question in (net, line, stages, em):
            for case in question.CASES.values():
                self.assertLessEqual(set(case.get("peers", [])), set(question.PEERS))


def net_result(ratio):
    """A result of net with two peers, made by what makes real ones."""
    figures = {"earshot": {"trunk": [10 * ratio] * 3}, "MNN": {"trunk": [10.0] * 3}, "<&>": {"trunk": [1.0] * 3}}
    case = rounds.summarize("net", "resnet34", "trunk", "patches/s", figures, {"MNN": "batch 8"})
    return {"question": "net", "file": "net", "about": "Patches.", "date": "2026-01-02", "commit": "abc", "isa": "native",
            "machine": {"cpu": "a <CPU>", "instructions": ["avx2"], "cores": 2, "memory_gib": 24.0, "kernel": "6",
                        "busy_cores": 0.02}, "threads": 2, "rounds": 3, "seconds": 1, "versions": {"MNN": "3.6.1"},
            "cases": [{**case, "facts": {"batch": 18}, "left_out": {"ncnn": "it died"}}]}


class Page(unittest.TestCase):
    def test_what_is_missed_is_said(self):
        text = "\n".join(results.page([net_result(1.5)]))
        self.assertIn("0 of 1 bars are reached, 1 are missed", text)
        self.assertIn("| MNN | 1.7 | 2.2 | 1.50 | **missed** |", text)
        self.assertIn("- ncnn left out: it died", text)
        self.assertIn("net squeezenet1_1: trunk", text)  # it has bars, and nobody ran it
        self.assertNotIn("AVX-512", text)

    def test_another_machine_is_said(self):
        result = net_result(1.5)
        result["machine"]["instructions"].append("avx512f")
        self.assertIn("AVX-512", "\n".join(results.page([result])))

    def test_a_busy_machine_is_said(self):
        result = net_result(1.5)
        self.assertNotIn("Others", "\n".join(results.page([result])))
        result["machine"]["busy_cores"] = 1.5
        self.assertIn("Others used 1.5 cores", "\n".join(results.page([result])))

    def test_chart_is_well_formed_and_says_the_ratio(self):
        for ratio in (0.01, 0.5, 1, 2.25, 1000):
            picture = xml.dom.minidom.parseString(chart.draw([net_result(ratio)]))
            widths = [float(bar.getAttribute("width")) for bar in picture.getElementsByTagName("rect")]
            self.assertEqual(len(widths), 2)
            self.assertTrue(all(0 <= width < chart.WIDTH for width in widths))
            texts = [text.firstChild.data.strip() for text in picture.getElementsByTagName("text")]
            self.assertIn(f"{ratio:.2f}", texts)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        rounds.run(PLANTED)
    else:
        unittest.main()
