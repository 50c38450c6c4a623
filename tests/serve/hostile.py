#!/usr/bin/env python3
"""Good requests among hostile ones: hostile.py EARSHOT SECONDS [SEED]

A server with tight limits is asked good things all the time, and gets from others what hostile_requests.py holds. No good
request may fail or be answered otherwise than before; and when all is over, memory, files and helper processes must be
where they were. Prints what was sent, what came back, and the figures.
"""

import collections
import http.client
import os
import random
import re
import resource
import socket
import statistics
import sys
import tempfile
import threading
import time

import hostile_requests
import page_server
import serve_words

GOOD_CLIENTS, QUICK_CLIENTS, SLOW_CLIENTS = 2, 6, 8
CLIENT_TIMEOUT_S = 4
LIMITS = ["--max-body-mib", "4", "--max-seconds", "60", "--client-timeout", str(CLIENT_TIMEOUT_S), "--decode-seconds", "5",
          "--decode-memory", "256", "--decoders", "2", "--max-queue", "64", "--log", "none"]
MOST_HELPERS = 3  # a decoder's each, and one that takes the place of a lost one
WARM_SHARE = 0.3  # of the time: until then pools and arenas may grow
MOST_GROWTH, MOST_GROWTH_MIB = 1.10, 16
HARMLESS = {200, 400, 401, 404, 405, 408, 411, 413, 414, 415, 422, 429, 431, 501, 503, 504, 505}

Given = collections.namedtuple("Given", "good silence")


# --------------------------------------------------------------------------------------------- good requests


class GoodClient(threading.Thread):
    """Asks the same again and again on one connection; its answer must not change."""

    def __init__(self, port, wav, stop):
        super().__init__()
        self.port, self.wav, self.stop = port, wav, stop
        self.expected, self.answers, self.failure, self.slowest_s = None, 0, None, 0.0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stop.is_set() and self.failure is None:
            start = time.monotonic()
            try:
                self.failure = self.ask(connection)
            except (OSError, http.client.HTTPException) as reason:
                self.failure = f"{type(reason).__name__}: {reason}"
            self.slowest_s = max(self.slowest_s, time.monotonic() - start)
            self.answers += 1
            time.sleep(0.02)
        connection.close()

    def ask(self, connection):
        connection.request("POST", hostile_requests.SCORE, self.wav, {"Content-Type": "audio/wav"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            return f"HTTP {answer.status}: {body[:300]}"
        self.expected = self.expected or body
        return None if body == self.expected else f"{body[:300]} where {self.expected[:300]} was answered before"


# ------------------------------------------------------------------------------------------ hostile requests


class HostileClient(threading.Thread):
    """One of the kinds after the other; counts how its connections ended."""

    def __init__(self, port, given, stop, kinds, chance):
        super().__init__()
        self.port, self.given, self.stop, self.kinds, self.chance = port, given, stop, list(kinds), chance
        self.ends = collections.Counter()

    def run(self):
        while not self.stop.is_set():
            self.chance.shuffle(self.kinds)
            for kind in self.kinds:
                if not self.stop.is_set():
                    self.ends[kind.__name__, self.one(kind)] += 1

    def one(self, kind):
        """The status that was answered, or how else it ended."""
        pieces = kind(self.chance, self.given)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                return self.send(connection, pieces, kind is hostile_requests.gone_at_once)
        except TimeoutError:
            return "no end"
        except OSError:
            return "closed"

    def send(self, connection, pieces, leaves):
        for piece in pieces:
            if self.stop.is_set():
                return "stopped"
            if isinstance(piece, bytes):
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # the answer may have come before
            else:
                time.sleep(piece)
        if leaves:
            return "left"
        found = re.match(rb"HTTP/1\.[01] (\d+)", connection.recv(4096))
        return int(found[1]) if found else "closed"


# ---------------------------------------------------------------------------------------------- what it takes


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as file:
                if entry.isdigit() and int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry))
        except OSError:
            pass  # it has just ended
    return found


def resident_mib(pid):
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return 0.0


def open_files(pid):
    """Without the two that each helper holds, a socket and the memory that samples pass through."""
    return len(os.listdir(f"/proc/{pid}/fd")) - 2 * len(children(pid))


class Watch:
    """Memory of the server and of it with its helpers, and how many they are, now and then."""

    def __init__(self, pid):
        self.pid, self.own_mib, self.all_mib, self.helpers = pid, [], [], []

    def look(self):
        helpers = children(self.pid)
        self.own_mib.append(resident_mib(self.pid))
        self.all_mib.append(self.own_mib[-1] + sum(map(resident_mib, helpers)))
        self.helpers.append(len(helpers))

    def thirds(self):
        """Median MiB of the server after it was warm: of the first third of that time, and of the last."""
        warm = self.own_mib[int(WARM_SHARE * len(self.own_mib)):]
        third = max(1, len(warm) // 3)
        return statistics.median(warm[:third]), statistics.median(warm[-third:])


# ----------------------------------------------------------------------------------------------------- all


def attack(port, pid, given, seconds, seed):
    stop, watch = threading.Event(), Watch(pid)
    good = [GoodClient(port, given.good, stop) for _ in range(GOOD_CLIENTS)]
    kinds = [hostile_requests.QUICK] * QUICK_CLIENTS + [hostile_requests.SLOW] * SLOW_CLIENTS
    hostile = [HostileClient(port, given, stop, some, random.Random(f"{seed} {i}")) for i, some in enumerate(kinds)]
    for thread in good + hostile:
        thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and all(client.failure is None for client in good):
        watch.look()
        time.sleep(0.25)
    stop.set()
    for thread in good + hostile:
        thread.join()
    return good, sum((client.ends for client in hostile), collections.Counter()), watch


def files_come_back(pid, before, patience_s=CLIENT_TIMEOUT_S + 20):
    """The number of open files once they are as few as before, or when nobody waits any longer."""
    end = time.monotonic() + patience_s
    while open_files(pid) > before and time.monotonic() < end:
        time.sleep(0.2)
    return open_files(pid)


def judge(good, ends, watch, files):
    """Sentences about what is wrong."""
    early, late = watch.thirds()
    yield from (f"a good request failed: {client.failure}" for client in good if client.failure)
    yield from (f"a good client got {client.answers} answers" for client in good if client.answers < 3)
    yield from (f"{kind}: answered {end}" for kind, end in ends if isinstance(end, int) and end not in HARMLESS)
    yield from (f"{kind}: no end within 20 s" for kind, end in ends if end == "no end")
    kinds = {kind for kind, _ in ends}
    yield from (f"{kind.__name__} was never sent" for kind in hostile_requests.QUICK + hostile_requests.SLOW if kind.__name__ not in kinds)
    if late > MOST_GROWTH * early + MOST_GROWTH_MIB:
        yield f"memory grew from {early:.0f} to {late:.0f} MiB"
    if max(watch.helpers) > MOST_HELPERS:
        yield f"{max(watch.helpers)} helpers at a time"
    if files[1] > files[0]:
        yield f"{files[0]} files were open before, {files[1]} after"


def tell(good, ends, watch, files):
    early, late = watch.thirds()
    by_kind = collections.defaultdict(list)
    for (kind, end), count in sorted(ends.items(), key=str):
        by_kind[kind].append(f"{end}: {count}")
    for kind, counts in by_kind.items():
        print(f"  {kind:18} {', '.join(counts)}")
    print(f"{sum(client.answers for client in good)} good answers, the slowest after {max(client.slowest_s for client in good):.2f} s; "
          f"{sum(ends.values())} hostile connections; memory {early:.0f} → {late:.0f} MiB, with helpers at most "
          f"{max(watch.all_mib):.0f}; at most {max(watch.helpers)} helpers; files {files[0]} → {files[1]}")


def run(earshot, folder, seconds, seed):
    model = page_server.make_model(earshot, folder)
    with open(page_server.recording(folder, "fan", "normal"), "rb") as file:
        wav = file.read()
    silence = [hostile_requests.silent_flac(f"{folder}/{hours}h.flac", hours, channels) for hours, channels in ((2, 1), (1, 8))]
    with serve_words.earshot(earshot, "--model", f"line={model}", *LIMITS) as server:
        port, pid = server.port, server.process.pid
        attack(port, pid, Given(wav, silence), 1, 0)  # so that what is opened once is open
        before = files_come_back(pid, 0, patience_s=CLIENT_TIMEOUT_S + 3)
        good, ends, watch = attack(port, pid, Given(wav, silence), seconds, seed)
        files = before, files_come_back(pid, before)
    tell(good, ends, watch, files)
    return list(judge(good, ends, watch, files))


def main():
    earshot, seconds = os.path.realpath(sys.argv[1]), float(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(earshot, folder, seconds, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
