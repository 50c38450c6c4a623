#!/usr/bin/env python3
"""Triton's own clients against earshot serve: triton_clients.py EARSHOT. Metadata, wav and audio, JSON and binary, sync
and async; answers are those of `score` and the same bits by every way."""
import asyncio
import base64
import csv
import io
import os
import subprocess
import sys
import tempfile
import wave

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

import serve_words
from serve_words import check, done, same

program = os.path.realpath(sys.argv[1])
OUTPUTS = ["features", "patches", "score", "patch_scores", "threshold", "percentile"]


def run(*words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def samples_of(path):
    with wave.open(path) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return np.ascontiguousarray(data[:, 0])


def tensor(name, values, datatype, is_binary=True):
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=is_binary)
    return made


def wanted(names, is_binary=True):
    return [triton.InferRequestedOutput(name, binary_data=is_binary) for name in names]


def metadata(client):
    check(client.is_server_live() and client.is_server_ready() and client.is_model_ready("machines"), "ready")
    check(not client.is_model_ready("none"), "a model that is not there is ready")
    told = client.get_model_metadata("machines", "1")
    same([t["name"] for t in told["inputs"]], ["wav", "audio"])
    same([t["name"] for t in told["outputs"]], OUTPUTS)
    same([t["name"] for t in client.get_model_metadata("squeezenet1_1")["outputs"]], ["features", "patches"])
    same(client.get_model_config("machines")["max_batch_size"], 0)
    same(sorted(m["name"] for m in client.get_model_repository_index()), ["machines", "squeezenet1_1"])
    check("binary_tensor_data" in client.get_server_metadata()["extensions"], "extensions")


def answer_arrays(result, names):
    return [result.as_numpy(name) for name in names]


def all_ways(client, paths, group):
    """The same recordings as files and as samples of both types, in JSON and binary: the same bits."""
    files = np.array([read(path) for path in paths], object)
    coded = np.array([base64.b64encode(f) for f in files], object)
    shorts = np.stack([samples_of(path) for path in paths])
    floats = shorts.astype(np.float32) / np.float32(32768)
    inputs = [tensor("wav", files, "BYTES"), tensor("wav", files.reshape(-1, 1), "BYTES"), tensor("wav", coded, "BYTES", False),
              tensor("audio", shorts, "INT16"), tensor("audio", floats, "FP32"), tensor("audio", floats, "FP32", False)]
    first = None
    for made in inputs:
        for is_binary in (True, False):
            result = client.infer("machines", [made], outputs=wanted(OUTPUTS, is_binary), request_id="an id",
                                  parameters={"group": group})
            same(result.get_response()["id"], "an id")
            arrays = answer_arrays(result, OUTPUTS)
            same([str(a.dtype) for a in arrays], ["float32", "int32"] + 4 * ["float32"])
            first = first or arrays
            check(all(np.array_equal(a, b) for a, b in zip(first, arrays)), made.name(), made.datatype(), is_binary)
    features, patches, score, patch_scores = first[:4]
    same((features.shape, patch_scores.shape, score.shape), ((patches.sum(), 2048), (patches.sum(),), (len(paths),)))
    return first


def answers_are_those_of_score(score, percentile, threshold, paths):
    rows = list(csv.DictReader(io.StringIO(run("score", "model.h5", *paths, "--quiet"))))
    same(len(rows), len(paths))
    for row in rows:
        number, expected = paths.index(row["recording"]), float(row["score"])
        check(abs(score[number] - expected) <= 1e-6 * max(1, abs(expected)), paths[number], score[number], expected)
        check(abs(percentile[number] - float(row["percentile"])) <= 1e-4, row, percentile[number])
        same("not normal" if score[number] > threshold[number] else "normal", row["verdict"])


def one_by_one(client, arrays, paths, group):
    """What an ask holds beside a recording changes nothing."""
    features, patches = arrays[:2]
    first = 0
    for number, path in enumerate(paths):
        audio = tensor("audio", samples_of(path), "INT16")  # [samples]
        result = client.infer("machines", [audio], parameters={"group": group, "sample_rate": 16000})
        same([o["name"] for o in result.get_response()["outputs"]], OUTPUTS, "all outputs, where none is named")
        check(np.array_equal(result.as_numpy("features"), features[first:first + patches[number]]), path, "alone")
        bare = client.infer("squeezenet1_1", [audio], outputs=wanted(["features"]))
        check(np.array_equal(bare.as_numpy("features"), result.as_numpy("features")), path, "of the bare network")
        first += patches[number]


def asynchronous(client, arrays, paths, group, url):
    files = [tensor("wav", np.array([read(path)], object), "BYTES") for path in paths]
    asked = [client.async_infer("machines", [file], outputs=wanted(["score"]), parameters={"group": group}) for file in files]
    same([float(a.get_result().as_numpy("score")[0]) for a in asked], [float(s) for s in arrays[2]])

    async def ask_all():
        async with triton_aio.InferenceServerClient(url) as other:
            check(await other.is_server_ready(), "aio: ready")
            results = await asyncio.gather(*(other.infer("machines", [file], outputs=wanted(["score"]),
                                                         parameters={"group": group}) for file in files))
            return [float(r.as_numpy("score")[0]) for r in results]
    same(asyncio.run(ask_all()), [float(s) for s in arrays[2]])


def refusals(client, path, group):
    audio = tensor("audio", samples_of(path), "INT16")
    wrong = tensor("wav", np.array([b"no recording"], object), "BYTES")
    for words, status, call in (
            ("no recording", "415", lambda: client.infer("machines", [wrong], parameters={"group": group})),
            ("none", "404", lambda: client.infer("none", [audio])),
            ('"1" is the only one', "404", lambda: client.infer("machines", [audio], "2")),
            ("group", "400", lambda: client.infer("machines", [audio])),
            ('"score"', "400", lambda: client.infer("squeezenet1_1", [audio], outputs=wanted(["score"]))),
            ("time", "504", lambda: client.infer("machines", [audio], timeout=1, parameters={"group": group})),
            ("Content-Encoding", "415", lambda: client.infer("machines", [audio], request_compression_algorithm="gzip"))):
        try:
            call()
        except InferenceServerException as error:
            check(words in error.message() or status == "415", words, "is not in", error)
            check(status in str(error.status()), error.status(), status)
        else:
            check(False, words, "was not refused")


def statistics(client):
    told = client.get_inference_statistics("machines")["model_stats"][0]
    check(told["inference_count"] > told["inference_stats"]["success"]["count"] > 10, told)
    check(told["inference_stats"]["fail"]["count"] >= 2, told)
    check(0 < told["inference_stats"]["compute_infer"]["ns"], told)
    same(len(client.get_inference_statistics()["model_stats"]), 2)


os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("synth", "corpus", "--machines", "fan,pump", "--seconds", "2", "--normal", "10", "--abnormal", "3", "--quiet")
    run("extract", "corpus", "-o", "features.h5", "--quiet", "--network", "squeezenet1_1", "--weights", "seeded:1")
    run("fit", "features.h5", "-o", "model.h5", "--detector", "knn", "--false-alarms", "0.3", "--quiet")
    some = [f"corpus/0dB/fan/id_00/{kind}/0000000{n}.wav" for kind in ("normal", "abnormal") for n in range(3)]
    with serve_words.earshot(program, "--model", "machines=model.h5", "--network", "squeezenet1_1", "--weights", "seeded:1") as server:
        address = f"127.0.0.1:{server.port}"
        with triton.InferenceServerClient(address, concurrency=6) as triton_client:
            metadata(triton_client)
            answers = all_ways(triton_client, some, "fan,id_00")
            answers_are_those_of_score(answers[2], answers[5], answers[4], some)
            one_by_one(triton_client, answers, some, "fan,id_00")
            asynchronous(triton_client, answers, some, "fan,id_00", address)
            refusals(triton_client, some[0], "fan,id_00")
            statistics(triton_client)
    os.chdir("/")
done()
