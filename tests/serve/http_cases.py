#!/usr/bin/env python3
"""HTTP before a stand-in for the service: http_cases.py STAND_IN_SERVER. What is answered to good, wrong and hostile
requests; limits, keys, rates; what happens when the service is busy, late or being stopped."""
import json
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

from serve_words import check, done, same, stand_in, wait_until

program = sys.argv[1]
WAV = b"RIFF0123456789"
SUM = float(sum(WAV))
INFER = "/v2/models/single/infer"


def form(content, name="a.wav", field="file"):
    body = (f'--xyz\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + content +
            b"\r\n--xyz--\r\n")
    return body, {"Content-Type": "multipart/form-data; boundary=xyz"}


def request(inputs, **more):
    return json.dumps({"inputs": inputs, **more})


def audio(shape, data, datatype="FP32", **more):
    return [{"name": "audio", "shape": shape, "datatype": datatype, "data": data, **more}]


def refused(server, code, words, method, path, body=None, headers=None):
    status, answer = server.json(method, path, body, headers)
    same(status, code, method, path, str(body)[:200], answer)
    check(words in answer["error"], answer, "does not say", words)


def plain_endpoints(server):
    body, headers = form(WAV)
    status, answer = server.json("POST", "/v1/score?model=single", body, headers)
    same(status, 200)
    same((answer["score"], answer["recording"], answer["group"]), (SUM, "a.wav", "fan/id_00"))
    same([p["score"] for p in answer["patches"]], [SUM, SUM + 1, SUM + 2])
    for group in ("fan,id_02", "id_02", "fan%2Cid_02"):
        same(server.json("POST", f"/v1/score?model=machine&group={group}", body, headers)[1]["group"], "fan/id_02")
    for content_type in ("audio/wav", "application/octet-stream", "audio/x-flac; a=b", "video/webm"):
        same(server.json("POST", "/v1/score?model=single", WAV, {"Content-Type": content_type})[1]["score"], SUM)
    status, headers, npy = server.ask("POST", "/v1/features?model=bare", WAV)
    same((status, npy[:6], len(npy)), (200, b"\x93NUMPY", 128 + 3 * 8 * 4))
    same(struct.unpack("<24f", npy[128:])[9], SUM + 1 + 1 / 8)
    rows = server.json("POST", "/v1/features?model=bare", WAV, {"Accept": "application/json"})[1]["features"]
    same(sum(rows, []), list(struct.unpack("<24f", npy[128:])))
    status, headers, png = server.ask("POST", "/v1/spectrogram.png?model=bare&scale=3", WAV)
    same((status, headers["Content-Type"], png[:8]), (200, "image/png", b"\x89PNG\r\n\x1a\n"))
    same(struct.unpack(">II", png[16:24]), (18, 12))


def plain_refusals(server):
    refused(server, 404, "is called", "POST", "/v1/score?model=none", WAV)
    refused(server, 400, "machine, single, bare", "POST", "/v1/score", WAV)
    refused(server, 400, "no group", "POST", "/v1/score?model=machine", WAV)
    refused(server, 400, "features, and no scores", "POST", "/v1/score?model=bare", WAV)
    refused(server, 400, "empty", "POST", "/v1/score?model=single", b"")
    refused(server, 415, "no recording", "POST", "/v1/score?model=single", b"MP3?")
    refused(server, 415, "text/plain", "POST", "/v1/score?model=single", WAV, {"Content-Type": "text/plain"})
    refused(server, 415, "Content-Encoding", "POST", "/v1/score?model=single", WAV, {"Content-Encoding": "gzip"})
    refused(server, 400, "npy or json", "POST", "/v1/features?model=bare&format=xml", WAV)
    for scale in ("0", "9", "x", "-1", "99999999999999999999"):
        refused(server, 400, "scale", "POST", f"/v1/spectrogram.png?model=bare&scale={scale}", WAV)
    body, headers = form(WAV, field="other")
    refused(server, 400, 'no field "file"', "POST", "/v1/score?model=single", body, headers)
    for cut in (1, 5, 30, 90, len(form(WAV)[0]) - 6):
        refused(server, 400, "multipart", "POST", "/v1/score?model=single", form(WAV)[0][:cut], headers)
    refused(server, 400, "boundary", "POST", "/v1/score?model=single", body, {"Content-Type": "multipart/form-data"})
    refused(server, 400, "X-Timeout-Ms", "POST", "/v1/score?model=single", WAV, {"X-Timeout-Ms": "soon"})


def addresses(server):
    for path in ("/", "/livez", "/readyz", "/version", "/openapi.json", "/metrics", "/v1/models", "/v1/load", "/v2",
                 "/v2/health/live", "/v2/health/ready", "/v2/models/stats", "/v2/models/single", "/v2/repository/index",
                 "/v2/models/single/versions/1/stats", "/v2/models/single/ready", "/v2/models/single/config"):
        same(server.ask("GET", path)[0], 200, path)
        status, headers, body = server.ask("HEAD", path)
        same((status, body), (200, b""), "HEAD", path)
        refused(server, 405, "DELETE", "DELETE", path)
    same(server.ask("PUT", "/v1/score")[1]["Allow"], "POST")
    for path in ("/nothing", "/v1", "/v1/score/more", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"):
        refused(server, 404, "nothing is at", "GET", path)
    refused(server, 404, "is called", "GET", "/v2/models/..%2f..%2fetc%2fpasswd")
    refused(server, 404, '"1" is the only one', "GET", "/v2/models/single/versions/2")
    refused(server, 400, "%00", "GET", "/v2/models/a%00b")
    refused(server, 400, "hexadecimal", "GET", "/v2/models/a%zz")
    refused(server, 400, "parts", "GET", "/a/b/c/d/e/f/g/h/i/j")
    refused(server, 414, "address", "GET", "/" + 3000 * "a")
    id_of = server.ask("GET", "/livez", None, {"X-Request-Id": "mine-1"})[1]["X-Request-Id"]
    same(id_of, "mine-1")
    for bad in ("a b", "a" * 200, "<script>"):
        check(server.ask("GET", "/livez", None, {"X-Request-Id": bad})[1]["X-Request-Id"] != bad, "id", bad)


def kserve_refusals(server):
    one = [{"name": "wav", "shape": [1], "datatype": "BYTES"}]
    cases = [
        ("no JSON", "{"), ("no object", "[]"), ("inputs", "{}"), ("0 inputs", request([])),
        ("2 inputs", request(2 * audio([1], [0]))), ("without a name", request([{}])),
        ('"x" found', request([{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}])),
        ("no datatype", request([{"name": "wav", "shape": [1]}])),
        ("shape", request(audio([], []))), ("shape", request(audio([0], []))), ("shape", request(audio([-1], [1]))),
        ("shape", request(audio(["1"], [1]))), ("shape", request(audio([1, 1, 1], [1]))),
        ("too large", request(audio([2**40, 2**40], [1]))), ("not so many", request(audio([2**31, 2], [1]))),
        ("2 values found, 3 expected", request(audio([3], [1, 2]))),
        ("more than the 1 values", request(audio([1], [1, 2]))),
        ("is no number", request(audio([1], ["a"]))), ("is no number", request(audio([1], [None]))),
        ("16 bits", request(audio([1], [40000], "INT16"))), ("16 bits", request(audio([1], [0.5], "INT16"))),
        ("FP64 found", request(audio([1], [1], "FP64"))), ("arrays in more", request(audio([1], [[[[[[1]]]]]]))),
        ("neither", request(one)), ("both", request([{**one[0], "data": ["UklGRg=="], "parameters": {"binary_data_size": 4}}])),
        ("bytes are left", request([{**one[0], "parameters": {"binary_data_size": 4}}])),
        ("no base64", request([{**one[0], "data": ["UklG!"]}])), ("no string", request([{**one[0], "data": [1]}])),
        ("an array of 1", request([{**one[0], "data": []}])),
        ("content", request([{**one[0], "data": ["UklGRg=="], "parameters": {"content": "hex"}}])),
        ("sample_rate", request(audio([1], [1]), parameters={"sample_rate": "16000"})),
        ("sample_rate", request(audio([1], [1]), parameters={"sample_rate": 0})),
        ("sample_rate", request(audio([1], [1], parameters={"sample_rate": 1e9}))),
        ("timeout", request(audio([1], [1]), parameters={"timeout": -1})),
        ("group", request(audio([1], [1]), parameters={"group": 1})),
        ("no object", request(audio([1], [1]), parameters=[])),
        ("id", request(audio([1], [1]), id=7)),
        ('"loudness"', request(audio([1], [1]), outputs=[{"name": "loudness"}])), ('""', request(audio([1], [1]), outputs=[1])),
        ("no array", request(audio([1], [1]), outputs="score")),
        ("twice", request(audio([1], [1]), outputs=2 * [{"name": "score"}])),
        ("classification", request(audio([1], [1]), outputs=[{"name": "score", "parameters": {"classification": 1}}])),
        ("shared memory", request([{**one[0], "parameters": {"shared_memory_region": "x"}}])),
        ("4194304 expected", "{" + 4200000 * "," + "}"),
        ("no JSON", 3000 * '{"a":' + 3000 * "}"), ("no JSON", 5000 * "["), ("no JSON", "\x00"), ("no JSON", b"\xff\xfe"),
    ]
    for words, body in cases:
        refused(server, 400, words, "POST", INFER, body)
    refused(server, 400, '"score"', "POST", "/v2/models/bare/infer", request(audio([1], [1]), outputs=[{"name": "score"}]))
    for length in ("-1", "x", "99999999999999999999", "1e3"):
        refused(server, 400, "Inference-Header", "POST", INFER, "{}", {"Inference-Header-Content-Length": length})
    refused(server, 400, "has 2 bytes", "POST", INFER, "{}", {"Inference-Header-Content-Length": "3"})


def kserve_binary(server):
    def ask(inputs, tail, **more):
        head = request(inputs, **more).encode()
        return server.ask("POST", INFER, head + tail, {"Inference-Header-Content-Length": str(len(head))})

    def wavs(size):
        return [{"name": "wav", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": size}}]

    def element(bytes_of):
        return struct.pack("<I", len(bytes_of)) + bytes_of

    tail = element(WAV) + element(WAV + b"1")
    status, headers, body = ask(wavs(len(tail)), tail, id="an id", outputs=[
        {"name": "score", "parameters": {"binary_data": True}}, {"name": "patches"},
        {"name": "features", "parameters": {"binary_data": True}}])
    same(status, 200, body)
    length = int(headers["Inference-Header-Content-Length"])
    told = json.loads(body[:length])
    same((told["id"], told["model_name"], told["model_version"]), ("an id", "single", "1"))
    same([o["name"] for o in told["outputs"]], ["score", "patches", "features"])
    same([o["shape"] for o in told["outputs"]], [[2], [2], [6, 8]])
    same([o.get("parameters") for o in told["outputs"]], [{"binary_data_size": 8}, None, {"binary_data_size": 192}])
    same(struct.unpack("<2f", body[length:length + 8]), (SUM, SUM + ord("1")))
    same(len(body), length + 8 + 192)
    for size, bad, words in ((len(tail), tail[:-1], "are left"), (len(tail) - 1, tail, "element 1 has"),
                             (len(tail), tail + b"x", "belong to no input"),
                             (8, struct.pack("<II", 0xffffffff, 0), "element 0 has"),
                             (0, b"", "0 elements"), (len(tail) + 4, tail + b"\0\0\0\0", "left after")):
        status, _, body = ask(wavs(size), bad)
        same(status, 400, body)
        check(words in body.decode(), body, "does not say", words)
    samples = struct.pack("<3f", 0.5, -1, 0)
    for at in range(4):  # wherever the samples lie in the body
        status, _, body = ask([{"name": "audio", "shape": [1, 3], "datatype": "FP32",
                                "parameters": {"binary_data_size": 12}}], samples, id=at * "x")
        same(json.loads(body)["outputs"][2]["data"], [float(sum(samples))])
    status, headers, body = server.ask("POST", INFER, WAV, {"Inference-Header-Content-Length": "0"})
    same(status, 200)
    same(json.loads(body[:int(headers["Inference-Header-Content-Length"])])["outputs"][0]["shape"], [3, 8])


def raw(server, *pieces, pause=0.0):
    """What comes back for bytes as they are; b"" where the connection is closed without a word."""
    with server.socket() as sock:
        for piece in pieces:
            try:
                sock.sendall(piece)
            except OSError:
                break
            time.sleep(pause)
        answer = b""
        try:
            while True:
                more = sock.recv(65536)
                if not more:
                    return answer
                answer += more
        except OSError:
            return answer


def hostile_bytes(server):
    for bytes_of in (b"\x00" * 100 + b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" * 30 + b"\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + 100000 * b"a" + b"\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"H%d: a\r\n" % i for i in range(5000)) + b"\r\n",
                     b"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
                     b"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                     b"POST /v1/score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"):
        answer = raw(server, bytes_of + b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # zeros are an empty line to libmicrohttpd, and empty lines before a request are allowed
        allowed = (b"HTTP/1.1 4", b"HTTP/1.1 200") if bytes_of[0] == 0 else (b"HTTP/1.1 4", b"HTTP/1.1 505")
        check(not answer or answer.startswith(allowed), bytes_of[:60], "is answered", answer[:100])
        same(server.ask("GET", "/livez")[0], 200, "after", bytes_of[:40])


def sizes():
    with stand_in(program, body_mib=1) as server:
        body = b"RIFF" + bytes(1 << 20)
        status, _, answer = server.ask("POST", "/v1/score?model=single", body[:1 << 20])
        same(status, 200, answer)
        answer = raw(server, b"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n")
        check(answer.startswith(b"HTTP/1.1 413") and b"1048576 expected" in answer, answer)
        status, _, answer = server.ask("POST", "/v1/score?model=single", body)
        same(status, 413, answer)
        chunks = (bytes(1 << 16) for _ in range(20))  # a body whose length nobody tells
        connection = server.connection()
        connection.request("POST", "/v1/score?model=single", chunks, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        same(connection.getresponse().status, 413)
        connection.close()
        wait_until(lambda: server.metric("earshot_http_body_bytes") == 0, "no body is held")


def slow_clients():
    with stand_in(program, patience_s=1) as server:
        began = time.monotonic()
        silent = [server.socket() for _ in range(20)]  # half-open: not a byte
        slow = [server.socket() for _ in range(20)]  # slowloris: a byte now and then
        body = server.socket()
        body.sendall(b"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        is_open = set(slow + [body])
        for number in range(60):
            for sock in list(is_open):
                try:
                    sock.sendall(b"G" if number == 0 and sock is not body else b"a")
                    sock.setblocking(False)
                    if sock.recv(100) == b"":
                        is_open.discard(sock)
                except BlockingIOError:
                    pass
                except OSError:
                    is_open.discard(sock)
            same(server.ask("GET", "/livez")[0], 200, "a good request among slow ones")
            if not is_open:
                break
            time.sleep(0.1)
        check(not is_open, len(is_open), "slow clients are still there after", time.monotonic() - began, "s")
        wait_until(lambda: server.metric("earshot_http_connections") <= 1, "silent ones are cut off")
        for sock in silent + slow + [body]:
            sock.close()
        kept = server.connection()  # who is quick may stay
        for _ in range(6):
            kept.request("GET", "/livez")
            same(kept.getresponse().read(), b"ok\n")
            time.sleep(0.4)
        kept.close()


def limits_of_connections():
    with stand_in(program, per_address=8) as server:
        socks = [server.socket() for _ in range(8)]
        time.sleep(0.2)
        ninth = server.socket()
        ninth.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            same(ninth.recv(100), b"", "a ninth connection")
        except ConnectionResetError:
            pass
        for sock in socks + [ninth]:
            sock.close()

        def is_served():
            try:
                return server.ask("GET", "/livez")[0] == 200
            except (OSError, Exception):
                return False
        wait_until(is_served, "places are free again")


def rates():
    with stand_in(program, rate=5) as server:
        codes = [server.ask("GET", "/v1/models") for _ in range(20)]
        same([c[0] for c in codes][:10], 10 * [200])
        many = [c for c in codes if c[0] == 429]
        check(many, "no request was too many")
        check(all(int(c[1]["Retry-After"]) >= 1 for c in many), "Retry-After")
        same(server.ask("GET", "/livez")[0], 200, "probes are not counted")
        time.sleep(1.1)
        same(server.ask("GET", "/v1/models")[0], 200, "after a while")


def keys():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("# ours\nfirst-key-0123456789\n\nsecond-key-0123456789\n")
        file.flush()
        with stand_in(program, keys=file.name, log="text") as server:
            for path in ("/livez", "/readyz", "/", "/version", "/openapi.json", "/v2/health/ready"):
                same(server.ask("GET", path)[0], 200, path)
            for headers in ({}, {"X-API-Key": "first-key-012345678"}, {"X-API-Key": ""}, {"Authorization": "Basic abc"},
                            {"Authorization": "Bearer first-key-01234567890"}, {"X-API-Key": 1000 * "a"},
                            {"X-API-Key": "# ours"}):
                status, answer_headers, _ = server.ask("GET", "/v1/models", None, headers)
                same((status, answer_headers["WWW-Authenticate"]), (401, "Bearer"), headers)
                same(server.ask("GET", "/metrics", None, headers)[0], 401)
                same(server.ask("POST", INFER, "{}", headers)[0], 401)
            for headers in ({"X-API-Key": "second-key-0123456789"}, {"Authorization": "Bearer first-key-0123456789"},
                            {"Authorization": "bearer first-key-0123456789"}):
                same(server.ask("GET", "/v1/models", None, headers)[0], 200, headers)
            check("key-0123" not in server.log(), "a key stands in the log")


def in_parallel(n, work):
    results = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def busy_and_late():
    with stand_in(program, threads=1, delay_ms=300, most=2) as server:
        answers = in_parallel(12, lambda: server.ask("POST", "/v1/score?model=single", WAV))
        codes = sorted(a[0] for a in answers)
        same(set(codes), {200, 429}, codes)
        check(all(int(a[1]["Retry-After"]) >= 1 for a in answers if a[0] == 429), "Retry-After")
        began = time.monotonic()
        refused(server, 504, "time", "POST", "/v1/score?model=single", WAV, {"X-Timeout-Ms": "1"})
        refused(server, 504, "time", "POST", INFER, request(audio([1], [0]), parameters={"timeout": 1000}))
        same(server.ask("POST", INFER, request(audio([1], [0]), parameters={"timeout": 2000000}))[0], 200)
        check(time.monotonic() - began < 5, "late answers took", time.monotonic() - began)
    with stand_in(program, threads=1, delay_ms=300, timeout_s=0.1) as server:
        refused(server, 504, "time", "POST", "/v1/score?model=single", WAV, {"X-Timeout-Ms": "10000"})


def many_at_a_time():
    """Sixty suspended requests and two threads of the server: nobody waits for a thread."""
    with stand_in(program, threads=60, delay_ms=500) as server:
        began = time.monotonic()
        answers = in_parallel(60, lambda: server.ask("POST", "/v1/score?model=single", WAV)[0])
        same(answers, 60 * [200])
        check(time.monotonic() - began < 5, "sixty requests of 0.5 s took", time.monotonic() - began)


def who_has_gone():
    with stand_in(program, threads=1, delay_ms=300, log="json") as server:
        head = b"POST /v1/score?model=single HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(WAV)
        socks = [server.socket() for _ in range(4)]
        for number, sock in enumerate(socks):
            sock.sendall(head + WAV)
        time.sleep(0.15)
        for sock in socks[:2]:
            sock.close()
        socks[2].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socks[2].close()  # with a reset
        check(socks[3].recv(1000).startswith(b"HTTP/1.1 200"), "who stayed is answered")
        socks[3].close()
        wait_until(lambda: server.metric('earshot_recordings_processed_total{status="dropped"}') == 3, "three are dropped")
        wait_until(lambda: server.metric('earshot_http_requests_total{method="POST",route="/v1/score",code="499"}') == 3,
                   "they are counted as gone")
        same(server.metric("earshot_requests_in_flight"), 0)


def draining():
    with stand_in(program, threads=4, delay_ms=1000, log="json") as server:
        kept = server.connection()
        kept.request("GET", "/readyz")
        same(kept.getresponse().read(), b"ready\n")
        results = []
        asking = threading.Thread(target=lambda: results.extend(
            in_parallel(4, lambda: server.ask("POST", "/v1/score?model=single", WAV)[0])))
        asking.start()
        wait_until(lambda: server.json("GET", "/v1/load")[1]["in_flight"] == 4, "four are in flight")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        kept.request("GET", "/readyz")
        answer = kept.getresponse()
        same((answer.status, answer.read()), (503, b"draining\n"))
        same(server.ask("GET", "/v2/health/ready")[0], 400)
        status, headers, body = server.ask("POST", "/v1/score?model=single", WAV)
        same((status, headers["Connection"]), (503, "close"), body)
        check(int(headers["Retry-After"]) >= 1, "Retry-After")
        asking.join()
        same(results, 4 * [200], "what had begun is answered")
        same(server.process.wait(20), 0)
        lines = [json.loads(line) for line in server.log().splitlines()]
        same(sorted(line["status"] for line in lines if line["method"] == "POST"), 4 * [200] + [503])
        check(all(set(line) >= {"time", "level", "event", "id", "method", "path", "status", "duration_s", "bytes_in",
                                "bytes_out", "address"} for line in lines), "fields of the log")


def logs():
    with stand_in(program, log="json") as server:
        server.ask("GET", "/caf%C3%A9/%0A%22?secret=1", None, {"X-Request-Id": "log-1"})
        raw(server, b"GET /\xff\x1b[31m\"\\ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        server.ask("POST", INFER, request(audio([1], [0])), {"X-Request-Id": "log-2"})
        wait_until(lambda: server.log().count("\n") >= 2, "lines")
        lines = {line["id"]: line for line in map(json.loads, server.log().splitlines())}
        same((lines["log-1"]["path"], lines["log-1"]["status"]), ("/caf%C3%A9/%0A%22", 404))
        same((lines["log-2"]["model"], lines["log-2"]["recordings"], lines["log-2"]["status"]), ("single", 1, 200))
        check("secret" not in server.log(), "a query stands in the log")
    with stand_in(program, log="text") as server:
        raw(server, b"GET /\x1b[31m\x07 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        server.ask("GET", "/nothing")
        wait_until(lambda: "/nothing" in server.log(), "lines")
        check("\x1b" not in server.log() and "\x07" not in server.log(), "a terminal's codes stand in the log")


with stand_in(program) as shared:
    for case in (plain_endpoints, plain_refusals, addresses, kserve_refusals, kserve_binary, hostile_bytes):
        case(shared)
for case in (sizes, slow_clients, limits_of_connections, rates, keys, busy_and_late, many_at_a_time, who_has_gone,
             draining, logs):
    case()
done()
