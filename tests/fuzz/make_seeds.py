#!/usr/bin/env python3
"""Writes what the fuzzers begin with to corpus/: make_seeds.py [FOLDER-OF-STORES]

One small file an idea, all made here; of the .pth files tests/golden/pth, which tests/golden/make_pth.py made. The
dictionary of options is taken from `earshot COMMAND --help` where EARSHOT names the program. FOLDER-OF-STORES: HDF5
files of the program's own writers, which become seeds of fuzz_hdf5.
"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).parent
PTH = HERE.parent / "golden" / "pth"


def put(name, title, data):
    folder = HERE / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-{title}").write_bytes(data if isinstance(data, bytes) else data.encode())


# ------------------------------------------------------------------------------------------------ wav


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def pcm_format(channels=1, rate=16000, bits=16, tag=1):
    return struct.pack("<HHIIHH", tag, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)


def extensible(channels, valid_bits=16):
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    return pcm_format(channels, tag=0xFFFE) + struct.pack("<HHI", 22, valid_bits, 0) + guid


def riff(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav_seeds():
    samples = struct.pack("<12h", *(1000 * i - 6000 for i in range(12)))
    data = chunk(b"data", samples)
    put("wav", "mono", riff(chunk(b"fmt ", pcm_format()), data))
    put("wav", "eight", riff(chunk(b"fmt ", extensible(2)), chunk(b"fact", struct.pack("<I", 6)), data))
    put("wav", "list", riff(chunk(b"LIST", b"INFOISFT" + b"\3\0\0\0abc\0"), chunk(b"fmt ", pcm_format(3)), data))
    put("wav", "streamed", riff(chunk(b"fmt ", pcm_format()))[:-1] + b"\0data\xff\xff\xff\xff" + samples)
    put("wav", "float", riff(chunk(b"fmt ", pcm_format(bits=32, tag=3)), data))
    put("wav", "empty", riff(chunk(b"fmt ", pcm_format()), chunk(b"data", b"")))
    put("wav", "rf64", b"RF64" + riff(chunk(b"fmt ", pcm_format()), data)[4:])


# ---------------------------------------------------------------------------------------------- texts


def name_seeds():
    paths = ["/d/-6dB/fan/id_00/normal/00000000.wav", "/d/6_dB_pump/pump/id_02/abnormal/1.wav",
             "/d/fan/train/normal_id_00_00000000.wav", "/d/ToyCar/test/anomaly_id_01_00000001.wav",
             "/d/fan/train/section_00_source_train_normal_0000_m-n_W.wav",
             "/d/gearbox/test/section_01_target_test_anomaly_0001.wav", "/d/mine/good/a.wav", "a.wav", "/", "//a//.//b.wav"]
    for i, path in enumerate(paths):
        put("names", str(i), path)
    put("names", "table", "/d/fan/train/section_00_0000.wav\nfile_name,d1p,d1v\nfan/train/section_00_0000.wav,m-n,W\n,,\n")


def list_seeds():
    put("lists", "two", "a.wav\nb/id_00/normal/1.wav\n")
    put("lists", "windows", "fan/a.wav\r\n\r\nfan/a.wav\r\nfan//a.wav")
    put("lists", "section", "train/section_00_source_train_normal_0000.wav\n")


def option_seeds():
    put("options", "usual", "corpus\n-o\nf.h5\n--network\nresnet18\n--n-fft=2048\n--no-flip\n-oF.h5\n--\n--x\n")
    put("options", "detector", "--detector\ngmm\n--components\n40\n--reduce\npca:5\n--pool\ntop:0.1\n--shard\n1/7\n")
    put("options", "wrong", "--n-ffft\n3\n--fmax\n1e9\n--channel\nall\n--layer\navgpol\n--seed\n-1\n")
    put("config", "config", "0# all of these\nn-fft: 2048\nnetwork: squeezenet1_1\nflip: no\n'win-length': \"400\"\n")
    put("config", "spec", "1network: [squeezenet1_1, patch]\noffset: [16, 32]\ntrees: 8\ndetector: [knn]\n")
    put("config", "anchors", "1a: &x [1]\nn-fft: *x\n---\n...\n")
    many = ("offset", "patch", "n-mels", "hop-length", "n-fft", "fmin", "fmax", "components", "k", "trees")
    put("config", "many", "1" + "".join(f"{name}: [{','.join(['1'] * 90)}]\n" for name in many))


def json_seeds():
    plan = {"format": "earshot-plan", "version": 1, "program_version": "0.1.0", "shard_size": 64, "n_recordings": 2,
            "n_parts": 1, "options": {"network": "resnet18", "n_fft": "1024"},
            "recordings": ["fan/id_00/normal/0.wav (of /data: fan, id_00, 0dB, normal)",
                           "fan/id_00/normal/1.wav (of /data: fan, id_00, 0dB, normal)"]}
    put("json", "plan", "0" + json.dumps(plan))
    tested = [{"subject": i, "recording": name, "abnormal": i > 1, "score": i / 4} for i, name in
              enumerate(("n0.wav", "n1.wav", "a0.wav", "a1.wav"))]
    tested[3]["patches"] = [0.5, 1, 2]
    split = {"seed": 0, "n_train": 9, "n_normal": 2, "n_abnormal": 2, "fit_s": 0.1, "score_s": 0.2, "tested": tested}
    put("json", "cell", "1" + json.dumps({"recipe": {"version": 1}, "splits": [split, dict(split, seed=1)]}))
    put("json", "twice", "1" + json.dumps({"recipe": None, "splits": [split, split]}).replace('"subject": 1', '"subject": 0'))


def http_seeds():
    def post(title, address, content_type, header_length, body):
        put("http", title, f"{address}\n{content_type}\n{header_length}\n".encode() + (body if isinstance(body, bytes) else body.encode()))
    wav = b"\x08\0\0\0RIFFabcd"
    post("multipart", "/v1/score?model=single&group=fan,id_00", 'multipart/form-data; boundary="x y"', "-",
         '--x y\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x y\r\nContent-Disposition: form-data; name="file"; '
         'filename="a\\"b.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFFabcd\r\n--x y--\r\n')
    post("features", "/v1/features?model=bare&format=json", "audio/wav", "-", "RIFF0123")
    post("picture", "/v1/spectrogram.png?model=bare&scale=3", "-", "-", "RIFF0123")
    audio = {"name": "audio", "shape": [2, 3], "datatype": "FP32", "data": [[0, 0.5, -1], [1e-3, 1, 0]]}
    post("audio", "/v2/models/single/infer", "application/json", "-", json.dumps({
        "id": "a\u00e9", "parameters": {"sample_rate": 8000, "timeout": 5000000, "group": "fan,id_00", "binary_data_output": True},
        "inputs": [audio], "outputs": [{"name": "score", "parameters": {"binary_data": False}}, {"name": "features"}]}))
    base64 = {"name": "wav", "shape": [2, 1], "datatype": "BYTES", "parameters": {"content": "base64"}, "data": ["UklGRg==", "UklG RjEy"]}
    post("base64", "/v2/models/machine/versions/1/infer", "-", "-", json.dumps({"parameters": {"group": "fan,id_02"}, "inputs": [base64]}))
    for title, name, shape, datatype, data in (("binary", "wav", [2], "BYTES", wav + wav), ("int16", "audio", [1, 4], "INT16", bytes(range(8)))):
        header = json.dumps({"inputs": [{"name": name, "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": len(data)}}]})
        post(title, "/v2/models/bare/infer", "-", len(header), header.encode() + data)
    post("raw", "/v2/models/single/infer", "-", 0, "RIFFabcd")
    post("stats", "/v2/models/single/versions/1/stats?a=%20b&c", "-", "-", "")


# -------------------------------------------------------------------------------------------- weights


def safetensors(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def weight_seeds():
    header = {"__metadata__": {"seeded": "1"}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
              "b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]}, "c": {"dtype": "BF16", "shape": [0], "data_offsets": [32, 32]}}
    put("tensors", "safetensors", safetensors(header, bytes(range(32))))
    put("tensors", "halves", safetensors({"h": {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]}}, bytes(range(8))))
    for path in sorted(PTH.glob("*.pth")):
        if path.stem in ("bfloat16", "command", "compressed", "dict", "outside", "strides"):
            put("tensors", path.name, path.read_bytes())
        if not zipfile.is_zipfile(path):
            continue
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                if entry.endswith("/data.pkl"):
                    put("pickle", path.name, archive.read(entry))


# --------------------------------------------------------------------------------------------- stores


def store_seeds(stores):
    for kind in range(16):
        put("changed", f"as-made-{kind:02}", bytes([kind]))
        for what in range(8):
            put("changed", f"{kind:02}-{what}", bytes([kind, what, 1 + 5 * what % 17, 0, 0, what]) + b"\5\0texts")
    for path in sorted(stores.glob("*.h5")) if stores else []:
        if path.stem in ("gmm", "level"):
            put("hdf5", path.name, path.read_bytes())


def option_words(earshot):
    words = set()
    for command in ("extract", "fit", "eval", "sweep"):
        text = subprocess.run([earshot, command, "--help"], capture_output=True, text=True, check=True).stdout
        words.update(re.findall(r"--([a-z][a-z0-9-]+)", text))
        for choices in re.findall(r"[a-z0-9_]+(?:\|[a-z0-9_]+)+", text):
            words.update(choices.split("|"))
    return sorted(words)


def main():
    wav_seeds()
    name_seeds()
    list_seeds()
    option_seeds()
    json_seeds()
    http_seeds()
    weight_seeds()
    store_seeds(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    if "EARSHOT" in os.environ:
        words = option_words(os.environ["EARSHOT"])
        lines = [f'"{word}"\n' for word in words] + ['"[1, 2]"\n', '": "\n', '"\\x0a"\n', '"--"\n', '"pca:3"\n', '"top:0.5"\n', '"1/7"\n']
        for name in ("options", "config"):
            (HERE / "dictionaries" / f"{name}.dict").write_text("".join(lines))


main()
