"""Words for tests of the service: a server for the length of a `with`, requests, checks that are counted."""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

checks = 0


def check(is_true, *words):
    global checks
    checks += 1
    if not is_true:
        print("failed:", *words)
        raise SystemExit(1)


def same(found, expected, *words):
    check(found == expected, *words, "found", repr(found), "expected", repr(expected))


def clean_environment():
    """What the caller's EARSHOT_ variables say must not change an answer."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")}
    sanitizers = {"ASAN_OPTIONS": "quarantine_size_mb=8", **kept}  # memory that was freed must not look like a leak
    return {**sanitizers, "EARSHOT_CUDA_PLUGIN": "none"}


class Server:
    """One server: its port, its process, what it has written to stderr so far."""

    def __init__(self, process, port, log_path):
        self.process, self.port, self.log_path = process, port, log_path

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def connection(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=20):
        """(status, headers, body) of one request on a connection of its own."""
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None):
        status, _, text = self.ask(method, path, body, headers)
        return status, json.loads(text)

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def metric(self, line):
        """The value of a line of /metrics, or None."""
        text = self.ask("GET", "/metrics")[2].decode()
        found = re.search("^" + re.escape(line) + " (.*)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, number=signal.SIGTERM):
        """The exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextlib.contextmanager
def stand_in(program, **options):
    """HTTP before a service that computes nothing."""
    with tempfile.NamedTemporaryFile() as log:
        words = [f"{name}={value}" for name, value in options.items()]
        with subprocess.Popen([program, *words], stdout=subprocess.PIPE, stderr=log) as process:
            try:
                yield Server(process, int(process.stdout.readline()), log.name)
            finally:
                if process.poll() is None:
                    process.terminate()
    same(process.returncode, 0, "exit code of", program, words)


def wait_until(is_true, words, seconds=20):
    end = time.monotonic() + seconds
    while not is_true():
        check(time.monotonic() < end, "waited in vain:", words)
        time.sleep(0.02)


@contextlib.contextmanager
def earshot(program, *options, code=0):
    """earshot serve, once it says that it serves."""
    with tempfile.NamedTemporaryFile() as log:
        command = [program, "serve", "--port", "0", *options]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                              env=clean_environment()) as process:
            server = Server(process, 0, log.name)

            def serves():
                check(process.poll() is None, "it does not start:", server.log())
                return re.search("serving .* on http://.*:([0-9]+)", server.log())

            try:
                wait_until(serves, "it serves", 120)
                server.port = int(serves()[1])
                yield server
            finally:
                if process.poll() is None:
                    process.terminate()
        check(process.returncode == code, "exit code", process.returncode, "of", command, server.log()[-2000:])


def done():
    print(f"{checks} checks")
    sys.exit(0)
