#!/usr/bin/python3
"""earshot serve as people and scripts use it: program_cases.py EARSHOT. Answers beside those of extract and score;
hostile recordings; SIGHUP, SIGTERM, twice SIGTERM."""
import csv
import ctypes
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import h5py
import numpy as np

import serve_words
from serve_words import check, done, same, wait_until

program = os.path.realpath(sys.argv[1])
network = ["--network", "squeezenet1_1", "--weights", "seeded:1"]


def run(*words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def make_models():
    run("synth", "corpus", "--machines", "fan,pump", "--seconds", "2", "--normal", "12", "--abnormal", "3", "--quiet")
    run("extract", "corpus", "-o", "features.h5", "--quiet", *network)
    run("fit", "features.h5", "-o", "model.h5", "--detector", "knn", "--false-alarms", "0.4", "--quiet")  # so that both verdicts come


def recordings_of(path):
    """path → (raw features, start_s), as extract computed them: its rows are standardised in the file."""
    with h5py.File(path) as f:
        table, answers = f["recordings"], {}
        for number in range(len(table["path"])):
            name = table["path"].asstr()[number]
            group = "/".join(table[k].asstr()[number] for k in ("machine", "id", "snr"))
            first, n = table["first_patch"][number], table["n_patches"][number]
            how = f["standardization"][group]
            rows = f["features"][first:first + n] * how["scale"][:].astype(np.float64) + how["mean"][:]
            answers[name] = rows, f["patches/start_s"][first:first + n]
    return answers


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def curl(server, *words):
    return subprocess.run(["curl", "-sS", "--max-time", "30", *words[:-1], f"http://127.0.0.1:{server.port}{words[-1]}"],
                          check=True, capture_output=True).stdout


def features_are_those_of_extract(server):
    for name, (rows, start_s) in recordings_of("features.h5").items():
        path = os.path.join("corpus", name) if not os.path.exists(name) else name
        status, _, npy = server.ask("POST", "/v1/features?model=machines", bytes_of(path))
        same(status, 200, npy[:200])
        served = np.load(io.BytesIO(npy))
        same(served.shape, rows.shape)
        check(np.abs(served - rows).max() <= 1e-6 * np.abs(rows).max(), path, "differs by", np.abs(served - rows).max())
        told = server.json("POST", "/v1/features?model=machines&format=json", bytes_of(path))[1]
        same(told["start_s"], list(start_s))
        check((np.array(told["features"], np.float32) == served).all(), "JSON gives other features than NPY")


def scores_are_those_of_score(server):
    expected = list(csv.DictReader(io.StringIO(run("score", "model.h5", "corpus", "--quiet"))))
    patches = list(csv.DictReader(io.StringIO(run("score", "model.h5", "corpus", "--patches", "--quiet"))))
    verdicts = set()
    for row in expected:
        path = row["recording"] if os.path.exists(row["recording"]) else os.path.join("corpus", row["recording"])
        told = json.loads(curl(server, "-F", f"file=@{path}", f"/v1/score?model=machines&group={row['machine']}"))
        near(told["score"], float(row["score"]), path)
        near(told["percentile"], float(row["percentile"]), path, 1e-4)
        same((told["verdict"], told["group"]), (row["verdict"], f"{row['machine']}/id_00/0dB"))
        mine = [p for p in patches if p["recording"] == row["recording"]]
        same([p["start_s"] for p in told["patches"]], [float(p["start_s"]) for p in mine])
        for patch, other in zip(told["patches"], mine):
            near(patch["score"], float(other["score"]), path)
        verdicts.add(told["verdict"])
        check(any("RANDOM WEIGHTS" in w for w in told["warnings"]), told["warnings"])
    same(len(expected), 30)
    same(verdicts, {"normal", "not normal"})


def near(found, expected, words, tolerance=1e-6):
    check(abs(found - expected) <= tolerance * max(1, abs(expected)), words, found, "expected", expected)


def same_bits_in_company(server):
    """Alone, and while others share its batches."""
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk("corpus/0dB") for name in names
                   if name.endswith(".wav"))[:8]
    alone = [server.ask("POST", "/v1/features?model=machines", bytes_of(path))[2] for path in paths]
    found = [None] * len(paths)

    def ask(number):
        found[number] = server.ask("POST", "/v1/features?model=machines", bytes_of(paths[number]))[2]
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same([a == b for a, b in zip(alone, found)], 8 * [True])


def spectrogram(server, path):
    run("trace", path, "--png", "pictures", "--quiet")
    pixels = decode_png(bytes_of("pictures/spectrogram.png"))
    once = decode_png(curl(server, "-F", f"file=@{path}", "/v1/spectrogram.png?model=machines&scale=1"))
    check(once.shape == pixels.shape and np.abs(once.astype(int) - pixels).max() <= 2, "another picture than trace's")
    twice = decode_png(curl(server, "-F", f"file=@{path}", "/v1/spectrogram.png?model=machines"))
    check((twice[::2, ::2] == once).all(), "scale 2 is another picture")


def decode_png(png):
    """8-bit RGB without a filter or with any of the five."""
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    data, at = b"", 8
    while at < len(png):
        size, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        data += png[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + 3 * width)
    out = np.zeros((height, 3 * width + 3), np.int64)  # three zeros before each line
    for y in range(height):
        kind, line, up = lines[y, 0], lines[y, 1:].astype(int), out[y - 1] if y else np.zeros(3 * width + 3, int)
        for x in range(3 * width):
            a, b, c = out[y, x], up[x + 3], up[x]
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out[y, x + 3] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) % 256
    return out[:, 3:].reshape(height, width, 3)


def silent_flac(seconds):
    """Silence in a few kilobytes, which are hours where they are decoded."""
    class Info(ctypes.Structure):
        _fields_ = [("frames", ctypes.c_int64)] + [(name, ctypes.c_int) for name in
                                                   ("samplerate", "channels", "format", "sections", "seekable")]
    sndfile = ctypes.CDLL("libsndfile.so.1")
    sndfile.sf_open.restype = ctypes.c_void_p
    info = Info(0, 16000, 1, 0x170000 | 0x0002, 0, 0)
    file = sndfile.sf_open(b"silence.flac", 0x20, ctypes.byref(info))
    second = (ctypes.c_short * 16000)()
    for _ in range(seconds):
        sndfile.sf_write_short(ctypes.c_void_p(file), second, ctypes.c_int64(16000))
    sndfile.sf_close(ctypes.c_void_p(file))
    return bytes_of("silence.flac")


def hostile_recordings(server, path):
    wav, flac = bytes_of(path), silent_flac(2 * 3600)
    check(len(flac) < 1 << 20, len(flac), "bytes are no bomb")
    before = server.metric("process_resident_memory_bytes")
    bad = [flac, flac[:len(flac) // 2], wav[:20], wav[:44], wav[:46], b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt ", bytes(1000),
           wav[:40] + b"\xff\xff\xff\xff" + wav[44:1000], b"fLaC" + bytes(5000), b"OggS" + os.urandom(5000), os.urandom(100000)]
    for sound in bad:
        status, told = server.json("POST", "/v1/score?model=machines&group=fan", sound)
        check(status == 415 and told["error"], status, told, sound[:16])
    check(server.metric("process_resident_memory_bytes") < before + (200 << 20), "memory grew")
    same(server.ask("POST", "/v1/score?model=machines&group=fan", wav)[0], 200, "after hostile recordings")


def several_networks(server, path):
    names = {m["name"]: m for m in server.json("GET", "/v1/models")[1]["models"]}
    same({n: (m["kind"], m["network"], m["columns"]) for n, m in names.items()},
         {"machines": ("model", "squeezenet1_1", 2048), "squeezenet1_1": ("network", "squeezenet1_1", 2048),
          "patch": ("network", "patch", names["patch"]["columns"])})
    same(names["machines"]["groups"], ["fan/id_00/0dB", "pump/id_00/0dB"])
    bare = server.ask("POST", "/v1/features?model=squeezenet1_1", bytes_of(path))[2]
    same(bare, server.ask("POST", "/v1/features?model=machines", bytes_of(path))[2], "the network of the model alone")
    same(np.load(io.BytesIO(server.ask("POST", "/v1/features?model=patch", bytes_of(path))[2])).shape[1],
         names["patch"]["columns"])


def reloading(server, path):
    def score():
        return server.json("POST", "/v1/score?model=machines&group=fan", bytes_of(path))[1]["score"]

    def loaded():
        return server.metric('earshot_model_loaded_timestamp_seconds{model="machines"}')
    first, when = score(), loaded()
    time.sleep(1)
    run("fit", "features.h5", "-o", "other.h5", "--detector", "pca", "--quiet")
    os.replace("model.h5", "kept.h5")
    os.replace("other.h5", "model.h5")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: loaded() > when, "the model is read again")
    check(abs(score() - first) > 1e-6 * abs(first), "another model scores the same")
    with open("model.h5", "wb") as file:
        file.write(b"no model")
    second = score()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "nothing was reloaded" in server.log(), "a bad model is refused")
    same(score(), second, "the old model stays")
    os.replace("kept.h5", "model.h5")


def stopping(path):
    with serve_words.earshot(program, "--model", "machines=model.h5", "--log", "json", "--weights", "seeded:1") as server:
        codes = []

        def ask():
            codes.append(server.ask("POST", "/v1/score?model=machines&group=fan", bytes_of(path))[0])
        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        wait_until(lambda: server.json("GET", "/v1/load")[1]["in_flight"] > 4, "requests are in flight")
        same(server.stop(), 0)
        for thread in threads:
            thread.join()
        check(codes.count(200) >= 5 and set(codes) <= {200, 503}, codes)
        lines = [line for line in server.log().splitlines() if line.startswith("{")]
        check(all(json.loads(line)["event"] == "request" for line in lines) and len(lines) >= 16, lines)
    with serve_words.earshot(program, "--model", "machines=model.h5", "--weights", "seeded:1", code=128 + 15) as server:
        body = server.socket()
        body.sendall(b"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf of it")
        wait_until(lambda: server.metric("earshot_http_body_bytes") == 10, "half of a body is there")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "draining" in server.log(), "it drains")
        server.process.send_signal(signal.SIGTERM)  # as `timeout` does, to the program and to its group
        time.sleep(1.2)
        check(server.process.poll() is None, "two signals within a second are one")
        same(server.stop(), 128 + 15, "SIGTERM again, a second later")
        body.close()


def starting():
    for words, code, sentence in (
            ([], 2, "nothing is to be served"), (["--model", "none.h5"], 4, "none.h5"), (["word"], 2, "1 arguments found"),
            (["--model", "machines=model.h5", "--api-key-file", "none"], 4, "none: no keys"),
            (["--model", "machines=model.h5", "--host", "no.such.host.invalid"], 4, "no.such.host.invalid"),
            (["--model", "machines=model.h5", "--host", "192.0.2.1"], 6, "cannot be listened at"),
            (["--network", "resnet99", "--weights", "seeded:1"], 2, "resnet99")):
        told = subprocess.run([program, "serve", "--port", "0", "--weights", "seeded:1", *words], capture_output=True, text=True)
        check(told.returncode == code and sentence in told.stderr, words, told.returncode, told.stderr)


os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    make_models()
    one = "corpus/0dB/fan/id_00/normal/00000000.wav"
    with serve_words.earshot(program, "--model", "machines=model.h5", "--network", "patch", *network, "--max-seconds", "60") as shared:
        features_are_those_of_extract(shared)
        scores_are_those_of_score(shared)
        same_bits_in_company(shared)
        spectrogram(shared, one)
        several_networks(shared, one)
        hostile_recordings(shared, one)
        reloading(shared, one)
    stopping(one)
    starting()
    os.chdir("/")
done()
