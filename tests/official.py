"""Reads official result files as the public evaluators do, and computes from them once more what result files say:

    official.py mimii DIR                result.yaml of MIMII's baseline
    official.py dcase2020 DIR LIST       DCASE 2020 task 2; LIST names the recordings, one a line
    official.py dcase DIR LIST           DCASE task 2 from 2021 on

Lines of LIST end in <Machine>/<folder>/<name>.wav; the names tell labels and domains, as those of the data sets do.
What was read from whom is in docs/protocols.md. Prints one line for each file, or says what is wrong (exit code 1).
"""

import csv
import math
import os
import re
import sys

EPSILON = sys.float_info.epsilon
MAX_FPR = 0.1


class Recording:
    """One line of LIST."""

    def __init__(self, path):
        self.machine, self.folder, self.name = path.strip().split("/")[-3:]
        self.section = re.search("(id|section)_[0-9][0-9]", self.name).group()
        self.label = {"normal": 0, "anomaly": 1}.get((re.findall("normal|anomaly", self.name) or [""])[0])
        self.domain = (re.findall("source|target", self.name) or [""])[0]

    def is_tested(self):
        return self.folder.endswith("test")


# ---------------------------------------------------------------------------------------------- metrics


def curve(labels, scores):
    """Points of the ROC curve, one for each distinct score."""
    positives, negatives = sum(labels), len(labels) - sum(labels)
    points, tp, fp = [(0.0, 0.0)], 0, 0
    ranked = sorted(zip(scores, labels), reverse=True)
    for i, (score, label) in enumerate(ranked):
        tp, fp = tp + label, fp + 1 - label
        if i + 1 == len(ranked) or ranked[i + 1][0] != score:
            points.append((fp / negatives, tp / positives))
    return points


def auc(labels, scores, max_fpr=1.0):
    """scikit-learn's roc_auc_score; NaN where one label is missing."""
    if len(set(labels)) < 2:
        return math.nan
    area = 0.0
    points = curve(labels, scores)
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x0 >= max_fpr:
            break
        if x1 > max_fpr:
            x1, y1 = max_fpr, y0 + (y1 - y0) * (max_fpr - x0) / (x1 - x0)
        area += (x1 - x0) * (y0 + y1) / 2
    if max_fpr == 1.0:
        return area
    least = max_fpr * max_fpr / 2
    return 0.5 * (1 + (area - least) / (max_fpr - least))


def rates(labels, decisions):
    """Precision, recall, F1 as the evaluators have them."""
    if not labels:
        return [math.nan] * 3
    tp = sum(label and decision for label, decision in zip(labels, decisions))
    precision, recall = tp / max(sum(decisions), EPSILON), tp / max(sum(labels), EPSILON)
    return [precision, recall, 2 * precision * recall / max(precision + recall, EPSILON)]


def mean(values):
    return sum(values) / len(values)


def harmonic(values):
    if any(math.isnan(value) for value in values):
        return math.nan
    return len(values) / sum(1 / max(value, EPSILON) for value in values)


def columns(rows, of):
    return [of(list(column)) for column in zip(*rows)]


# ------------------------------------------------------------------------------------------------ files


def fail(text):
    sys.exit(f"official.py: {text}")


def read_rows(path):
    if not os.path.exists(path):
        fail(f"{path} is not there")
    with open(path, newline="") as file:
        text = file.read()
    if "\r" in text or not text.endswith("\n"):
        fail(f"{path}: lines do not end as the baselines' do")
    return list(csv.reader(text.splitlines()))


def read_scores(directory, what, machine, section, ending, recordings):
    """Numbers in the order of the names, which is how the evaluators bring them and the truth together."""
    path = f"{directory}/{what}_{machine}_{section}{ending}.csv"
    rows = read_rows(path)
    names = sorted(recording.name for recording in recordings)
    if any(len(row) != 2 for row in rows):
        fail(f"{path}: a line has not two columns")
    if [row[0] for row in sorted(rows)] != names:
        fail(f"{path}: {len(rows)} lines, which are not those of the {len(names)} recordings")
    numbers = [float(row[1]) for row in sorted(rows)]
    if not all(math.isfinite(number) for number in numbers):
        fail(f"{path}: a number is not finite")
    print(f"{os.path.basename(path)}: {len(rows)} lines")
    return numbers


def read_decisions(*where):
    decisions = read_scores(*where)
    if not set(decisions) <= {0.0, 1.0}:
        fail(f"decisions are {sorted(set(decisions))}")
    return [int(decision) for decision in decisions]


def same_cell(found, expected):
    if isinstance(expected, str):
        return found == expected
    if math.isnan(expected):
        return found == ""
    return found != "" and abs(float(found) - expected) < 1e-12


def compare(directory, expected):
    """result.csv against the rows that the evaluator would have written."""
    path = f"{directory}/result.csv"
    if not expected:
        if os.path.exists(path):
            fail(f"{path} is there although no label is known")
        return
    found = read_rows(path)
    for number, (row, wanted) in enumerate(zip(found, expected), 1):
        if len(row) != len(wanted) or not all(map(same_cell, row, wanted)):
            fail(f"{path}, line {number}: {row} instead of {wanted}")
    if len(found) != len(expected):
        fail(f"{path}: {len(found)} lines instead of {len(expected)}")
    print(f"result.csv: {len(found)} lines as computed from the scores")


# ------------------------------------------------------------------------------------------- data sets


def read_list(path):
    with open(path) as file:
        recordings = [Recording(line) for line in file if line.strip()]
    return [recording for recording in recordings if recording.is_tested()]


def by(recordings, *names):
    """Groups in byte order of the named attributes, each sorted by file name."""
    groups = {}
    for recording in sorted(recordings, key=lambda recording: recording.name):
        groups.setdefault(tuple(getattr(recording, name) for name in names), []).append(recording)
    return sorted(groups.items())


def known(recordings, *lists):
    """Labels, and what belongs to them in the lists, of the recordings that have one."""
    chosen = [i for i, recording in enumerate(recordings) if recording.label is not None]
    return [[recordings[i].label for i in chosen]] + [[values[i] for i in chosen] for values in lists]


def dcase2020(directory, listed):
    expected = []
    for (machine,), of_machine in by(read_list(listed), "machine"):
        rows = []
        for (section,), recordings in by(of_machine, "section"):
            scores = read_scores(directory, "anomaly_score", machine, section, "", recordings)
            labels, scores = known(recordings, scores)
            if labels:
                rows.append([section[3:], auc(labels, scores), auc(labels, scores, MAX_FPR)])
        if rows:
            expected += [[machine], ["id", "AUC", "pAUC"], *rows]
            expected += [["Average", *columns([row[1:] for row in rows], mean)], []]
    compare(directory, expected)


def judge_2021(directory, machine, of_machine):
    """Lines (section, domain, five numbers), the source's first."""
    lines = []
    for (folder, section), recordings in by(of_machine, "folder", "section"):
        where = (machine, section, f"_{folder}", recordings)
        scores = read_scores(directory, "anomaly_score", *where)
        decisions = read_decisions(directory, "decision_result", *where)
        labels, scores, decisions = known(recordings, scores, decisions)
        if labels:
            numbers = [auc(labels, scores), auc(labels, scores, MAX_FPR), *rates(labels, decisions)]
            lines.append([section[8:], folder[:6], *numbers])
    return lines


def judge_2022(directory, machine, of_machine):
    """Lines (section, AUC of all, five numbers of the source, five of the target)."""
    lines = []
    for (section,), recordings in by(of_machine, "section"):
        where = (machine, section, "_test", recordings)
        scores = read_scores(directory, "anomaly_score", *where)
        decisions = read_decisions(directory, "decision_result", *where)
        domains = [recording.domain for recording in recordings]
        labels, scores, decisions, domains = known(recordings, scores, decisions, domains)
        if not labels:
            continue
        line = [section[8:], auc(labels, scores)]
        for domain in ("source", "target"):
            own = [i for i, of in enumerate(domains) if of == domain]
            ranked = [i for i, of in enumerate(domains) if of == domain or labels[i]]
            line.append(auc([labels[i] for i in ranked], [scores[i] for i in ranked]))
            line.append(auc(labels, scores, MAX_FPR))
            line += rates([labels[i] for i in own], [decisions[i] for i in own])
        lines.append(line)
    return lines


def means(source, target, over, with_domains):
    rows = [["arithmetic mean" + over, "", *columns(source + target, mean)]]
    rows.append(["harmonic mean" + over, "", *columns(source + target, harmonic)])
    if with_domains:
        rows.append(["source harmonic mean" + over, "", *columns(source, harmonic)])
        rows.append(["target harmonic mean" + over, "", *columns(target, harmonic)])
    return rows + [[]]


FIVE = ["AUC", "pAUC", "precision", "recall", "F1 score"]
OVER_ALL = " over all machine types, sections, and domains"


def dcase_2021(directory, recordings):
    expected, everything = [], []
    for (machine,), of_machine in by(recordings, "machine"):
        lines = judge_2021(directory, machine, of_machine)
        if lines:
            numbers = [line[2:] for line in lines]
            expected += [[machine], ["section", "domain", *FIVE], *lines, *means(numbers, [], "", False)]
            everything += numbers
    if everything:
        expected += [["", "", *FIVE], *means(everything, [], OVER_ALL, False)]
    compare(directory, expected)


def dcase_2022(directory, recordings):
    expected, source, target = [], [], []
    titles = ["section", "AUC (all)", "AUC (source)", "AUC (target)", "pAUC"]
    titles += [f"{rate} ({domain})" for rate in FIVE[2:] for domain in ("source", "target")]
    for (machine,), of_machine in by(recordings, "machine"):
        lines = judge_2022(directory, machine, of_machine)
        if not lines:
            continue
        expected += [[machine], titles]
        for line in lines:
            s, t = line[2:7], line[7:]
            expected.append(line[:2] + [s[0], t[0], s[1], s[2], t[2], s[3], t[3], s[4], t[4]])
        expected += [["", "", *FIVE]]
        expected += means([line[2:7] for line in lines], [line[7:] for line in lines], "", True)
        source += [line[2:7] for line in lines]
        target += [line[7:] for line in lines]
    if source:
        score = harmonic([line[0] for line in source + target] + [line[1] for line in source])
        expected += [["", "", *FIVE], *means(source, target, OVER_ALL, True)]
        expected += [["official score", "", score], []]
    compare(directory, expected)


def dcase(directory, listed):
    recordings = read_list(listed)
    is_2021 = any(recording.folder != "test" for recording in recordings)
    (dcase_2021 if is_2021 else dcase_2022)(directory, recordings)


def mimii(directory, *_):
    """The part of YAML that the baseline's yaml.dump writes: two lines a key, in byte order."""
    with open(f"{directory}/result.yaml") as file:
        lines = file.read().splitlines()
    keys = [line[:-1] for line in lines[::2]]
    if keys != sorted(set(keys)) or len(lines) % 2:
        fail(f"result.yaml: keys are {keys}")
    for key, line in zip(lines[::2], lines[1::2]):
        if not re.fullmatch(r"[a-z]+_id_[0-9]{2}(_(min)?[0-9]+dB)?:", key):
            fail(f"result.yaml: {key} is no key")
        if not re.fullmatch(r"  AUC: [01]\.[0-9]+(e-[0-9]+)?", line) or not 0 <= float(line[7:]) <= 1:
            fail(f"result.yaml: {line} is no AUC")
    print(f"result.yaml: {' '.join(keys)}")


if __name__ == "__main__":
    {"mimii": mimii, "dcase2020": dcase2020, "dcase": dcase}[sys.argv[1]](*sys.argv[2:])
