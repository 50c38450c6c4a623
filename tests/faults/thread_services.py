#!/usr/bin/python3
"""serve and listen --watch with much at once: thread_services.py serve|listen EARSHOT. For threads.sh, in a folder with
corpus, s.h5 and m.h5 (models) and their network's weights seeded:1; EARSHOT is built with ThreadSanitizer.

serve: clients ask everything that takes more than a moment, some of it bad, while SIGHUP reloads models and keys; SIGTERM
comes while requests are in flight. listen: recordings come into a folder by twos. Exits with 1 where an answer or an exit code
is not the expected one, with 66 where the sanitizer found something; what it found is on stderr."""
import base64
import collections
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "serve"))
import serve_words  # noqa: E402
from serve_words import check, done, same, wait_until  # noqa: E402

CLIENTS, ROUNDS, RELOADS, LAST = 4, 2, 3, 8
KEY = "a-key-of-many-letters"
FOUND = "WARNING: ThreadSanitizer"
OPTIONS = ["--weights", "seeded:1", "--threads", "4"]


def bytes_of(path):
    return pathlib.Path(path).read_bytes()


def infer(wavs, **parameters):
    """A KServe v2 request for these wav files, as JSON."""
    data = [base64.b64encode(wav).decode() for wav in wavs]
    return json.dumps({"parameters": parameters, "inputs": [
        {"name": "wav", "shape": [len(data)], "datatype": "BYTES", "parameters": {"content": "base64"}, "data": data}]}).encode()


def requests(wav):
    """(expected codes, method, path, body) of one round of a client."""
    score, infer_path = "/v1/score?model=machines&group=fan", "/v2/models/machines/infer"
    audio = {"name": "audio", "shape": [1, 32000], "datatype": "FP32", "data": [[i % 97 / 97 - 0.5 for i in range(32000)]]}
    return [
        ({200}, "POST", score, wav), ({200}, "POST", "/v1/features?model=machines", wav),
        ({200}, "POST", "/v1/features?model=patch&format=json", wav), ({200}, "POST", "/v1/spectrogram.png?model=machines", wav),
        ({200}, "POST", infer_path, infer([wav, wav], group="fan")), ({415}, "POST", infer_path, infer([wav[:30], wav], group="fan")),
        ({200}, "POST", "/v2/models/patch/infer", json.dumps({"parameters": {"sample_rate": 16000}, "inputs": [audio]}).encode()),
        ({415}, "POST", score, b"fLaC" + bytes(5000)), ({415}, "POST", score, wav[:40]), ({404}, "POST", "/v1/score?model=none", wav),
        ({400}, "POST", infer_path, b"{"), ({200, 504}, "POST", infer_path, infer([wav], group="fan", timeout=2000)),
        ({200}, "GET", "/metrics", None), ({200}, "GET", "/v1/load", None), ({200}, "GET", "/v1/models", None),
        ({200}, "GET", "/v2/models/stats", None), ({200}, "GET", "/v2/health/ready", None), ({200}, "GET", "/", None)]


class Client(threading.Thread):
    """Asks every request so many times, beginning with another one than its neighbours; one ask in a round is left."""

    def __init__(self, server, number, wav):
        super().__init__()
        self.server, self.number, self.wav, self.wrong, self.codes = server, number, wav, [], collections.Counter()

    def leave(self):
        connection = self.server.connection()
        connection.request("POST", "/v1/features?model=machines", self.wav, {"X-API-Key": KEY})
        connection.close()

    def run(self):
        all_of_them = requests(self.wav)
        for i in range(ROUNDS * len(all_of_them)):
            expected, method, path, body = all_of_them[(i + 5 * self.number) % len(all_of_them)]
            code, _, answer = self.server.ask(method, path, body, {"X-API-Key": KEY}, 120)
            self.codes[code] += 1
            if code not in expected:
                self.wrong.append((code, method, path, answer[:200]))
            if i % len(all_of_them) == 0:
                self.leave()


def told_times(server, words):
    return server.log().count(words)


def reload_under_way(server, clients):
    """SIGHUP again and again while clients ask; the second finds a file that is no model."""
    good = bytes_of("served.h5")
    for number in range(RELOADS):
        is_bad = number == 1
        words = "nothing was reloaded" if is_bad else "the models were read again"
        before = told_times(server, words)
        check(any(client.is_alive() for client in clients), "the clients were done before reload", number)
        pathlib.Path("new.h5").write_bytes(b"no model" if is_bad else bytes_of("s.h5") if number == 0 else good)
        os.replace("new.h5", "served.h5")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: told_times(server, words) > before, words, 120)
        time.sleep(0.5)


def stop_in_flight(server, wav):
    codes = []

    def ask():
        codes.append(server.ask("POST", "/v1/score?model=machines&group=fan", wav, {"X-API-Key": KEY}, 120)[0])
    threads = [threading.Thread(target=ask) for _ in range(LAST)]
    for thread in threads:
        thread.start()
    headers = {"X-API-Key": KEY}
    wait_until(lambda: server.json("GET", "/v1/load", None, headers)[1]["in_flight"] >= 3, "requests are in flight", 60)
    server.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    server.process.wait(120)
    check(codes.count(200) >= 3 and set(codes) <= {200, 503}, codes)


def tell_what_was_found(text, code):
    if FOUND in text or code == 66:
        sys.stderr.write(text[max(text.find(FOUND), 0):])
        sys.exit(66)


def serve(program):
    shutil.copy("m.h5", "served.h5")
    pathlib.Path("keys").write_text(KEY + "\n")
    wav = bytes_of(sorted(glob.glob("corpus/0dB/fan/id_00/normal/*.wav"))[0])
    words = ["--model", "machines=served.h5", "--network", "patch", "--api-key-file", "keys", "--timeout", "100", "--decoders", "3"]
    with serve_words.earshot(program, *words, *OPTIONS) as server:
        clients = [Client(server, number, wav) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            reload_under_way(server, clients)
            for client in clients:
                client.join()
            stop_in_flight(server, wav)
        finally:
            tell_what_was_found(server.log(), server.process.poll())
    for client in clients:
        same(client.wrong, [])
    print(f"answers: {dict(sum((client.codes for client in clients), collections.Counter()))}, {RELOADS} reloads")


def is_watching(process):
    for path in glob.glob(f"/proc/{process.pid}/fdinfo/*"):
        try:
            if "inotify" in bytes_of(path).decode():
                return True
        except FileNotFoundError:
            pass
    return False


def listen(program):
    recordings = sorted(glob.glob("corpus/0dB/fan/id_00/*/*.wav"))[:6]
    with tempfile.TemporaryDirectory(dir=".") as inbox, open("lines.txt", "w+") as lines, open("told.txt", "w+") as told:
        command = [program, "listen", "--model", "m.h5", "--group", "fan", "--watch", inbox, *OPTIONS]
        with subprocess.Popen(command, stdout=lines, stderr=told) as process:
            try:
                wait_until(lambda: is_watching(process) or process.poll() is not None, "it watches", 60)
                for number, path in enumerate(recordings):
                    shutil.copy(path, f"{inbox}/{number}.wav.part")
                    os.rename(f"{inbox}/{number}.wav.part", f"{inbox}/{number}.wav")
                    pathlib.Path(f"{inbox}/bad{number}.wav").write_bytes(b"RIFF")
                    time.sleep(0.3 * (number % 2))
                wait_until(lambda: bytes_of("lines.txt").count(b"\n") >= 2 * len(recordings), "all were scored", 120)
            finally:
                process.send_signal(signal.SIGTERM)
                code = process.wait(120)
                tell_what_was_found(bytes_of("told.txt").decode(errors="replace"), code)
        same(code, 3, bytes_of("told.txt"))  # some could not be scored
        answers = [json.loads(line) for line in bytes_of("lines.txt").splitlines()]
        same(sum("error" in answer and answer["score"] is None for answer in answers), len(recordings), answers)


os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
{"serve": serve, "listen": listen}[sys.argv[1]](os.path.realpath(sys.argv[2]))
done()
