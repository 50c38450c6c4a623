#!/usr/bin/python3
"""When earshot serve is told to stop or to read again at bad moments: signals.py EARSHOT [ROUNDS]. Exit codes of
starts, requests and stops that come together; reloads that are slow; deadlines behind a long batch; what --help lists."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave
from http.client import HTTPException

import page_server
import serve_words
from serve_words import check, done, same, wait_until

program, rounds = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
SCORE = "/v1/score?group=fan"


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def serving(*options):
    return serve_words.earshot(program, "--model", "line=line.h5", "--weights", "seeded:1", *options)


# ------------------------------------------------------------------------------------------------- options


def options():
    told = page_server.run(program, "serve", "--help")
    check("--decode-seconds" in told and "--decode-attempts" not in told, "serve counts no attempts")
    refused = subprocess.run([program, "serve", "--model", "line.h5", "--decode-attempts", "2"], capture_output=True, text=True)
    same(refused.returncode, 2, refused.stderr)
    with tempfile.NamedTemporaryFile() as log:
        server = subprocess.Popen([program, "serve", "--port", "0", "--model", "line.h5", "--json"], stdout=subprocess.PIPE,
                                  stderr=log, text=True, env=serve_words.clean_environment())
        wait_until(lambda: b"serving" in bytes_of(log.name), "it serves", 60)
        server.terminate()
        told = server.communicate(timeout=60)[0]
    same((server.returncode, json.loads(told)["recordings"]), (0, 0), told)


# ---------------------------------------------------------------------------------------------- slow reload


def slow_reload(wav):
    """The keys' file is a pipe for a while: who reads it waits until somebody writes. Requests do not, and signals that
    come meanwhile are one reload."""
    with open("keys", "w") as file:
        file.write("a-key-that-was-there-before\n")
    before, after = {"X-API-Key": "a-key-that-was-there-before"}, {"X-API-Key": "a-key-that-came-after-it"}
    with serving("--api-key-file", "keys", "--log", "none") as server:
        os.mkfifo("pipe")
        os.link("pipe", "keys.pipe")
        os.replace("keys.pipe", "keys")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.log().count("the models were read again") == 1, "the models are read")
        for _ in range(3):
            server.process.send_signal(signal.SIGHUP)
            same(server.ask("POST", SCORE, wav, before)[0], 200, "while the keys are read")
        with open("keys.new", "w") as file:
            file.write("a-key-that-came-after-it\n")
        os.replace("keys.new", "keys")
        same(server.ask("POST", SCORE, wav, after)[0], 401, "a key that was not read yet")
        write("pipe", b"short\n")
        wait_until(lambda: server.ask("POST", SCORE, wav, after)[0] == 200, "the new key is read")
        time.sleep(0.3)
        same(server.log().count("the models were read again"), 2, "four SIGHUPs, three of them during the first reload")
        check("the old keys stay: keys: line 1" in server.log(), server.log())
        os.replace("pipe", "keys")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.log().count("the models were read again") == 3, "the models are read")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "drained" in server.log(), "SIGTERM does not wait for the reload")
        write("keys", b"short\n")


def write(path, words):
    with open(path, "wb") as pipe:
        pipe.write(words)


# ------------------------------------------------------------------------------------------------ deadlines


def long_recording(seconds):
    with wave.open("long.wav", "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
        file.writeframes(random.Random(1).randbytes(32000 * seconds))
    return bytes_of("long.wav")


def deadline_behind_a_long_batch(wav):
    """Two long recordings, each a batch, and behind them one that has less time than they take."""
    long = long_recording(200)
    with serving("--max-batch", "1", "--log", "none") as server:
        start, ends = time.monotonic(), []

        def ask_long():
            same(server.ask("POST", SCORE, long, timeout=250)[0], 200, "a long recording")
            ends.append(time.monotonic() - start)
        threads = [threading.Thread(target=ask_long) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: server.metric('earshot_stage_duration_seconds_count{stage="decode"}') == 2, "both are decoded", 60)
        asked = time.monotonic()
        status = server.ask("POST", SCORE, wav, {"X-Timeout-Ms": "100"})[0]
        took, end = time.monotonic() - asked, time.monotonic() - start
        for thread in threads:
            thread.join()
        same(status, 504, "behind long recordings")
        check(end < min(ends), f"told after {took:.2f} s, the long ones took {ends}")
        same(server.json("GET", "/v1/load")[1]["recordings_total"], 2, "recordings that were computed")
        print(f"504 after {took:.3f} s with a limit of 0.1 s; the long recordings took {min(ends):.1f} and {max(ends):.1f} s")


# -------------------------------------------------------------------------------------------------- endings


def ask_on(server, wav, is_over, how, chance):
    """Until the server is gone: whole requests, halves, or some that leave before the answer."""
    head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (SCORE.encode(), len(wav))
    while not is_over.is_set():
        try:
            if how == "whole":
                server.ask("POST", SCORE, wav)
                continue
            with server.socket() as connection:
                connection.sendall(head + (wav if how == "leaves" else wav[:1000]))
                is_over.wait(0.05 * chance.random())
        except (OSError, HTTPException):
            is_over.wait(0.02)


def end_helpers(pid):
    """Of the decoder, which are started again."""
    for child in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split():
        try:
            os.kill(int(child), signal.SIGKILL)
        except ProcessLookupError:
            pass


def under_load(wav, kind, chance):
    how = {"halves": ["half"] * 6}.get(kind, ["whole"] * 6 + ["leaves"] * 2)
    signals = {"twice": [signal.SIGTERM] * 2, "with a reload": [signal.SIGHUP, signal.SIGTERM],
               "before a reload": [signal.SIGTERM, signal.SIGHUP], "from a terminal": [signal.SIGINT, signal.SIGTERM]}
    is_over = threading.Event()
    with serving("--log", "none", "--client-timeout", "2") as server:
        threads = [threading.Thread(target=ask_on, args=(server, wav, is_over, h, chance)) for h in how]
        for thread in threads:
            thread.start()
        time.sleep(0.3 * chance.random())
        for _ in range(3 if kind == "lost helpers" else 0):
            end_helpers(server.process.pid)
            time.sleep(0.02)
        for number in signals.get(kind, [signal.SIGTERM]):
            server.process.send_signal(number)
            time.sleep(0.01 * chance.random())
        code = server.process.wait(60)
        is_over.set()
        for thread in threads:
            thread.join()
        same(code, 0, kind, server.log()[-1000:])
        check("drained" in server.log(), kind, server.log()[-1000:])


def before_ready(chance):
    """From the first lines on it ends well; what comes before the handlers are there ends it as any program."""
    command = [program, "serve", "--port", "0", "--model", "line=line.h5", "--weights", "seeded:1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env=serve_words.clean_environment()) as process:
        time.sleep(0.2 * chance.random())
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=60)[1]
        check(process.returncode == 0 and "drained" in told or process.returncode == -15 and not told, process.returncode, told)


def endings(wav):
    chance = random.Random(7)
    kinds = ["load", "halves", "twice", "with a reload", "before a reload", "from a terminal", "lost helpers"]
    for number in range(rounds):
        under_load(wav, kinds[number % len(kinds)], chance)
        before_ready(chance)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        page_server.make_model(program, folder)
        wav = bytes_of(page_server.recording(folder, "fan", "normal"))
        for test, given in ((options, ()), (slow_reload, (wav,)), (deadline_behind_a_long_batch, (wav,)), (endings, (wav,))):
            start = time.monotonic()
            test(*given)
            print(f"{test.__name__}: {time.monotonic() - start:.1f} s", flush=True)
        os.chdir("/")
    done()


if __name__ == "__main__":
    main()
