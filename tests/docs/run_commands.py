#!/usr/bin/env python3
"""Runs every command line of the documentation: run_commands.py EARSHOT SOURCE SIM_PLUGIN

Commands are those of ```sh blocks in README.md, CONTRIBUTING.md, docs/ and the folders' READMEs (the worked examples, which
follow_pages.py runs, aside), and the examples of `earshot COMMAND --help`. Each page has a fresh folder with stand-ins: a small
corpus where a page says /data/mimii, a model and features where it does not make them, and what else stand_ins.txt replaces.
Commands that begin as a line of not_run.txt does are only read. An entry of either list that no page needs any more is an error.

What stands in the text between `backticks` and begins with earshot is not run, but command and options must exist.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
FENCE = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:build/)?earshot [^`]+)`")
SETTINGS = {"EARSHOT_COMPONENTS": "4", "EARSHOT_HELD_OUT": "2", "EARSHOT_SEEDS": "2", "EARSHOT_EPOCHS": "1",
            "EARSHOT_REG_COVAR": "1e-2", "EARSHOT_PROGRESS": "none"}
SMALL = {"EARSHOT_SECONDS": "2", "EARSHOT_NORMAL": "8", "EARSHOT_ABNORMAL": "3", "EARSHOT_NETWORK": "squeezenet1_1"}
SIMULATED = "EARSHOT_SIM=memory=512 EARSHOT_LIMIT=1 EARSHOT_NETWORK=patch"


def pairs(name):
    """Lines "left | right" of a list; others begin with #."""
    lines = [line for line in (HERE / name).read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(part.strip() for part in line.split(" | ", 1)) for line in lines]


# ------------------------------------------------------------------------------------------------ reading


def pages(source):
    found = [source / "README.md", source / "CONTRIBUTING.md", *sorted(source.glob("docs/*.md"))]
    found += sorted(source.glob("*/README.md")) + sorted(source.glob("*/*/README.md"))
    return [page for page in dict.fromkeys(found) if not re.match("add-a-|build", page.name)
            and not page.relative_to(source).parts[0].startswith("build")]


def whole_commands(text):
    """Lines that belong together as one: continued by a backslash, and loops."""
    command, loops = "", 0
    for line in text.splitlines():
        line = re.sub(r"(^|\s+)# .*$", "", line)
        if not line.strip():
            continue
        command += ("\n" if command else "") + line
        loops += len(re.findall(r"^\s*(?:for|while)\b", line)) - len(re.findall(r"^\s*done\b", line))
        if not line.endswith("\\") and loops == 0:
            yield command.strip()
            command = ""
    if command:
        yield command.strip()


def commands_of(text):
    for kind, _, block in FENCE.findall(text):
        if kind == "sh":
            yield from whole_commands(block)


def files_of(text):
    """Files that a page shows: ```yaml NAME."""
    return [(path, block) for kind, path, block in FENCE.findall(text) if path and kind == "yaml"]


# ----------------------------------------------------------------------------------------------- stand-ins


def make_data(root, earshot):
    """What pages take for granted, small: data/mimii as unzipped from MIMII's site, shared/ as this project's tests have it."""
    subprocess.run([earshot, "synth", root / "made", "--seconds", "2", "--normal", "12", "--abnormal", "4", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    for machine in (root / "made" / "0dB").iterdir():
        (root / "data" / "mimii" / f"-6_dB_{machine.name}").mkdir(parents=True)
        shutil.copytree(machine, root / "data" / "mimii" / f"-6_dB_{machine.name}" / machine.name)
    shutil.copytree(root / "made" / "0dB", root / "shared" / "data" / "mimii" / "0dB")
    (root / "shared" / "weights").mkdir()
    for network in ("resnet18", "squeezenet1_0", "squeezenet1_1"):
        subprocess.run([earshot, "weights", "seeded", network, "-o", root / "shared" / "weights" / f"{network}.safetensors",
                        "--quiet"], check=True, stdout=subprocess.DEVNULL)


def make_models(root, earshot):
    """Features and a model of one fan, which pages about what comes after them take for granted."""
    fan, features = root / "made" / "0dB" / "fan", root / "made" / "fan.h5"
    subprocess.run([earshot, "extract", fan, "-o", features, "--network", "squeezenet1_1", "--weights", "seeded:1", "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([earshot, "fit", features, "-o", root / "made" / "fan-model.h5", "--components", "2", "--reg-covar", "1e-2",
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    recorder = root / "bin" / "arecord"  # hears half a minute
    recorder.write_text("#!/bin/sh\nhead -c 960000 /dev/urandom\n")
    recorder.chmod(0o755)


def make_folder(root, name, source, earshot, script):
    """Where a page's commands run: what a clone holds, by links, a build folder, a new recording, and what the page does not make."""
    folder = root / "pages" / name
    (folder / "build").mkdir(parents=True)
    (folder / "build" / "earshot").symlink_to(earshot)
    (folder / "build" / "pages").symlink_to(earshot.parent / "pages")
    for entry in source.iterdir():
        if not entry.name.startswith((".", "build")):
            (folder / entry.name).symlink_to(entry)
    shutil.copy(next((root / "made").rglob("*.wav")), folder / "new-recording.wav")
    for file in ("fan.h5", "fan-model.h5"):
        if f"-o {file}" not in script:
            (folder / file).symlink_to(root / "made" / file)
    return folder


# ------------------------------------------------------------------------------------------------ running


class Lists:
    """The two lists, and which of their entries were needed."""

    def __init__(self, root):
        self.not_run, self.stand_ins, self.root = pairs("not_run.txt"), pairs("stand_ins.txt"), root
        self.needed = set()

    def is_left_out(self, command):
        for prefix, _ in self.not_run:
            if command.startswith(prefix):
                self.needed.add(prefix)
                return True
        return False

    def replace(self, text):
        for old, new in self.stand_ins:
            changed = re.sub(r"(?<![\w.])" + re.escape(old), new.replace("ROOT", str(self.root)), text)
            if changed != text:
                self.needed.add(old)
            text = changed
        return text

    def stale(self):
        return [entry for entry, _ in self.not_run + self.stand_ins if entry not in self.needed]


def started(text):
    """A server, and what waits until it answers; it serves the models that it is given and no other network."""
    return (f"env -u EARSHOT_NETWORK {text}\n"
            "for i in {1..1200}; do curl -s -o readiness http://127.0.0.1:8000/readyz && break; kill -0 $!; sleep 0.1; done")


def script_of(commands, lists, plugin):
    """All commands of a page as one script, since later ones use variables and files of earlier ones."""
    lines, count = ["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"], 0
    for command in commands:
        if lists.is_left_out(command):
            continue
        text = lists.replace(command)
        if "--backend cuda" in text:
            text = f"env EARSHOT_CUDA_PLUGIN={plugin} {SIMULATED} {text}"
        if re.match(r"(build/)?earshot serve .*&$", text):
            text = started(text)
        lines += [f"cat <<'COMMAND'\n$ {command}\nCOMMAND", text]
        count += 1
    return "\n".join(lines), count


def environment(root, is_help):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")}
    kept.update(PATH=f"{root / 'bin'}:{kept['PATH']}", LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1", EARSHOT_CUDA_PLUGIN="none",
                XDG_CACHE_HOME=str(root / "cache"), CURL_HOME=str(root))
    kept.update(SMALL if is_help else {**SETTINGS, "EARSHOT_WEIGHTS": "seeded:1"})
    return kept


def run_page(name, commands, files, setting):
    """Returns how many commands ran, or None where one failed."""
    root, source, earshot, plugin, lists = setting
    script, count = script_of(commands, lists, plugin)
    if count == 0:
        return 0
    folder, start = make_folder(root, name.replace("/", "_"), source, earshot, script), time.monotonic()
    for path, text in files:
        (folder / path).write_text(lists.replace(text))
    done = subprocess.run(["bash", "-c", script], cwd=folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment(root, name.startswith("help ")))
    shutil.rmtree(folder)
    if done.returncode != 0:
        print(f"{name}: exit code {done.returncode} of the last of these commands:\n{done.stdout[-5000:]}")
        return None
    print(f"{name}: {count} commands, {time.monotonic() - start:.0f} s", flush=True)
    return count


# --------------------------------------------------------------------------------------- help, and words between backticks


def help_of(earshot):
    """command → its help."""
    def ask(*words):
        return subprocess.run([earshot, *words], capture_output=True, text=True, check=True).stdout
    listed = ask("--help").split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return {name: ask(name, "--help") for name in re.findall(r"^  (\w+)", listed, re.MULTILINE)}


def example_of(text):
    block = re.search(r"^Example:\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)[1]
    return list(whole_commands("\n".join(line[2:] for line in block.splitlines())))


def wrong_words(text, told):
    """What is written of commands and options that there are not."""
    for words in INLINE.findall(text):
        command, *rest = words.split()[1:]
        if command.startswith("-") or command.isupper():
            continue
        if command not in told:
            yield f"`{words}`: no such command"
            continue
        for option in re.findall(r"(?<=\s)(--[a-z][a-z0-9-]*)", " " + " ".join(rest)):
            if option != "--help" and not re.search(re.escape(option) + r"\b", told[command]):
                yield f"`{words}`: earshot {command} has no {option}"


# -------------------------------------------------------------------------------------------------- all of it


def main():
    earshot, source, plugin = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    told, wrong = help_of(earshot), []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        (root / "bin").mkdir()
        (root / "bin" / "earshot").symlink_to(earshot)
        (root / ".curlrc").write_text("fail-with-body\n")
        lists = Lists(root)
        setting = (root, source, earshot, plugin, lists)
        make_data(root, earshot)
        make_models(root, earshot)
        counts = []
        for page in pages(source):
            text, name = page.read_text(), str(page.relative_to(source))
            counts.append(run_page(name, list(commands_of(text)), files_of(text), setting))
            wrong += [f"{name}: {words}" for words in wrong_words(text, told)]
        for command, text in told.items():
            counts.append(run_page(f"help {command}", example_of(text), [], setting))
        wrong += [f"{entry!r} stands in a list of tests/docs/, and no page needs it" for entry in lists.stale()]
    print("\n".join([f"{sum(filter(None, counts))} commands were run", *wrong]))
    sys.exit(1 if wrong or None in counts else 0)


if __name__ == "__main__":
    main()
