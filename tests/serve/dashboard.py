#!/usr/bin/env python3
"""The Grafana dashboard and the alerts ask for what /metrics has: dashboard.py STAND_IN_SERVER

Every metric and label that an expression of docker/grafana-dashboard.json or docker/prometheus-alerts.yml names is looked for
in the figures of a server that was asked, and promtool (Debian's prometheus) reads every expression.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from serve_words import check, done, same, stand_in

DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
WORDS = {"sum", "min", "max", "rate", "increase", "by", "histogram_quantile", "label_values", "job", "instance"}
OF_PROMETHEUS = {"up"}  # not the server's


def dashboard_expressions():
    dashboard = json.loads((DOCKER / "grafana-dashboard.json").read_text())
    panels = dashboard["panels"]
    same(len({panel["id"] for panel in panels}), len(panels), "panels of different numbers")
    for panel in panels:
        check(panel["title"] and panel["description"] and panel["targets"], "a panel says what it shows:", panel["title"])
        place = panel["gridPos"]
        check(place["x"] + place["w"] <= 24, "a panel has room:", panel["title"])
    yield from (target["expr"].replace("$job", "earshot") for panel in panels for target in panel["targets"])
    yield from (item["query"]["query"] for item in dashboard["templating"]["list"] if item["type"] == "query")


def alert_expressions():
    """The file is ours and plain: an expression stands behind `expr:`, on that line or below it, deeper."""
    text = (DOCKER / "prometheus-alerts.yml").read_text()
    return [" ".join(found.split()).removeprefix(">- ") for found in re.findall(r"^ +expr: (.*(?:\n {10,}.*)*)", text, re.M)]


def names_of(expression):
    """(metrics, labels) that it names."""
    labels = set(re.findall(r"(\w+)\s*(?:=~|!=|=)\s*\"", expression))
    for group in re.findall(r"\bby \(([^)]*)\)", expression):
        labels |= {label.strip() for label in group.split(",")}
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\bby \([^)]*\)|\"[^\"]*\"", " ", expression)
    return set(re.findall(r"[a-zA-Z_]\w*", bare)) - WORDS, labels


def served(program):
    """(metrics, labels) that /metrics has once something was asked."""
    with stand_in(program, log="none") as server:
        for path in ("/v1/score?model=single", "/nothing"):
            server.ask("POST", path, b"RIFF", {"Content-Type": "audio/wav"})
        text = server.ask("GET", "/metrics")[2].decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {re.match(r"\w+", line)[0] for line in lines}, {label for line in lines for label in re.findall(r"(\w+)=\"", line)}


def promtool_reads(expressions):
    if not shutil.which("promtool"):
        return print("SKIPPED: promtool is not installed (Debian's package prometheus): expressions are not parsed")
    rules = [{"record": f"a:{i}", "expr": expression} for i, expression in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "all", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        for path in (file.name, DOCKER / "prometheus-alerts.yml"):
            told = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
            same(told.returncode, 0, path, told.stdout, told.stderr)


def main():
    metrics, labels = served(sys.argv[1])
    expressions = [*dashboard_expressions(), *alert_expressions()]
    check(len(expressions) > 20, "expressions were found:", len(expressions))
    for expression in expressions:
        asked, by = names_of(expression)
        check(asked, "it asks for a metric:", expression)
        same(asked - metrics - OF_PROMETHEUS, set(), "metrics that are not served, in", expression)
        same(by - labels - {"job", "instance"}, set(), "labels that are not served, in", expression)
    promtool_reads([expression for expression in expressions if "label_values" not in expression])
    done()


if __name__ == "__main__":
    main()
