"""Bytes that nobody means well with: what hostile.py sends, one function a kind.

Each takes (chance, give) and returns raw pieces of one connection: bytes are sent, numbers are seconds to wait. `give` holds
good recordings and FLAC files of hours of silence. Nothing here looks at an answer.
"""

import ctypes
import json
import os
import struct

SCORE = "/v1/score?model=line&group=fan/id_00/0dB"
INFER = "/v2/models/line/infer"


def post(path, body, content_type="audio/wav", more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}"
            "Connection: close\r\n\r\n").encode() + body


# ------------------------------------------------------------------------------------------------ no HTTP


def garbage(chance, give):
    return [chance.randbytes(chance.randint(1, 5000))]


def odd_requests(chance, give):
    body = give.good[:1000]
    return [chance.choice([
        b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd%00.wav HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"NONSENSE / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"\r\n" * 2000,
        b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(5000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: \x01\x02\xff<script>\r\nConnection: close\r\n\r\n",
        b"POST " + SCORE.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST " + SCORE.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST " + SCORE.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST " + SCORE.encode() + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff1\r\n" + body,
        post(SCORE, body, "multipart/form-data; boundary=" + "x" * 200),
        post(SCORE, b"--x\r\n" * 20000, "multipart/form-data; boundary=x"),
        post("/v1/score?model=" + "%00" * 50 + "&group=../../etc", body),
    ])]


# ------------------------------------------------------------------------------------------ slow and half


def slowloris(chance, give):
    pieces = [b"POST ", 0.2]
    for letter in SCORE + " HTTP/1.1\r\nHost: a\r\n" + "X-A: b\r\n" * 30:
        pieces += [letter.encode(), chance.uniform(0, 0.2)]
    return pieces


def slow_body(chance, give):
    request = post(SCORE, give.good)
    return [request[:2000]] + [piece for _ in range(40) for piece in (b"\0", 0.15)]


def half_open(chance, give):
    request = post(SCORE, give.good)
    return [request[:chance.randint(1, len(request) - 1)], chance.choice([0, 0.1, 1, 6])]


def gone_at_once(chance, give):
    """A whole request whose asker does not wait for the answer."""
    return [post(SCORE, give.good)]


# ------------------------------------------------------------------------------------------------ too much


def oversize(chance, give):
    head = f"POST {SCORE} HTTP/1.1\r\nHost: a\r\nContent-Type: audio/wav\r\n"
    if chance.random() < 0.5:
        return [head.encode() + b"Content-Length: 10000000000\r\n\r\n"] + [bytes(100000)] * 20
    return [head.encode() + b"Transfer-Encoding: chunked\r\n\r\n"] + [b"186a0\r\n" + bytes(100000) + b"\r\n"] * 80


def hours_of_silence(chance, give):
    return [post(SCORE, chance.choice(give.silence), "audio/flac")]


# ------------------------------------------------------------------------------------------ lying recordings


def lying_wav(chance, give):
    """Every field of the header takes its turn at the edges of what it can hold."""
    header = bytearray(give.good[:44])
    at, form = chance.choice([(4, "<I"), (16, "<I"), (20, "<H"), (22, "<H"), (24, "<I"), (28, "<I"), (32, "<H"), (34, "<H"),
                              (40, "<I")])
    bits = 8 * struct.calcsize(form)
    value = chance.choice([0, 1, 3, 2**(bits - 1) - 1, 2**(bits - 1), 2**bits - 1, 2**bits - 8, chance.randrange(2**bits)])
    struct.pack_into(form, header, at, value)
    return [post(SCORE, bytes(header) + give.good[44:44 + chance.choice([0, 100, 40000])])]


def mutated(chance, give):
    """A good recording, or silence, with some bytes changed or cut off."""
    body = bytearray(chance.choice([give.good, *give.silence]))
    for _ in range(chance.randint(1, 30)):
        body[chance.randrange(len(body) if chance.random() < 0.3 else min(200, len(body)))] = chance.randrange(256)
    return [post(SCORE, bytes(body[:chance.randint(1, len(body))] if chance.random() < 0.3 else body), "application/octet-stream")]


def known_letters(chance, give):
    first = chance.choice([b"fLaC", b"OggS", b"RF64", b"FORM", b"caff", b".snd", b"ID3\x04", b"\xff\xfb\x90\x64", b"RIFF", b"riff"])
    return [post(SCORE, first + chance.randbytes(chance.randint(1, 20000)))]


# ------------------------------------------------------------------------------------------------ wrong JSON


def wrong_json(chance, give):
    audio = {"name": "audio", "shape": [1, 4], "datatype": "FP32", "data": [0, 0, 0, 0]}

    def with_audio(**changed):
        return json.dumps({"inputs": [{**audio, **changed}]}).encode()

    body = chance.choice([
        b"[" * 100000, b'{"a":' * 50000, b'{"inputs": [', b"\xff\xfe{}", b"null", b"{}", b'{"inputs": {}}',
        b'{"inputs": [{"name": "audio", "shape": [1, 1], "datatype": "FP32", "data": [1e999]}]}',
        b'{"inputs": [' + b",".join([b"{}"] * 20000) + b"]}",
        with_audio(shape=[-1, 4]), with_audio(shape=[10**18, 10**18]), with_audio(shape=[1, 2**62]), with_audio(shape=[]),
        with_audio(datatype="FP99"), with_audio(data="text"), with_audio(data=[[[[0]]]]), with_audio(data=[None] * 4),
        with_audio(name="wav", datatype="BYTES", shape=[1], data=["!!!! no base64 !!!!"]),
        with_audio(name="wav", datatype="BYTES", shape=[1], data=["\ud800 lone".encode("utf-8", "replace").decode()]),
        with_audio(parameters={"sample_rate": -1}), with_audio(parameters={"sample_rate": 10**30}),
        with_audio(parameters={"binary_data_size": 2**63}), with_audio(name="x" * 100000),
    ])
    return [post(INFER, body, "application/json")]


def wrong_binary(chance, give):
    header = json.dumps({"inputs": [{"name": "wav", "shape": [1], "datatype": "BYTES",
                                     "parameters": {"binary_data_size": chance.choice([0, 3, 4, 1000, 10**12])}}]}).encode()
    body = header + struct.pack("<I", chance.choice([0, 5, 2**31, 2**32 - 1])) + give.good[:chance.choice([0, 10, 996])]
    length = chance.choice([len(header), len(header) + 5, 0, 2**62, -1])
    return [post(INFER, body, "application/octet-stream", f"Inference-Header-Content-Length: {length}\r\n")]


SLOW = [garbage, slowloris, slow_body, half_open]
QUICK = [odd_requests, gone_at_once, oversize, hours_of_silence, lying_wav, mutated, known_letters, wrong_json, wrong_binary]


# ------------------------------------------------------------------------------------------------- silence


class SoundInfo(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("samplerate", ctypes.c_int), ("channels", ctypes.c_int), ("format", ctypes.c_int),
                ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


def silent_flac(path, hours, channels):
    """By libsndfile, which earshot is linked to anyway: its bytes. An hour of silence takes about 200 KB."""
    library = ctypes.CDLL("libsndfile.so.1")
    library.sf_open.restype = ctypes.c_void_p
    info = SoundInfo(0, 16000, channels, 0x170002)  # SF_FORMAT_FLAC, 16 bits
    file = library.sf_open(os.fsencode(path), 0x20, ctypes.byref(info))  # SFM_WRITE
    if not file:
        raise OSError(f"{path}: libsndfile does not write FLAC")
    second = (ctypes.c_short * (16000 * channels))()
    for _ in range(int(3600 * hours)):
        library.sf_writef_short(ctypes.c_void_p(file), second, ctypes.c_int64(16000))
    library.sf_close(ctypes.c_void_p(file))
    with open(path, "rb") as stream:
        return stream.read()
