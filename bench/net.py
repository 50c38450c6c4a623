#!/usr/bin/env python3
"""Patches a second of a network's whole trunk, 224 × 224, float32, the same weights and pictures for all.

Weights are `seeded:1`. Before anything is timed, every peer's features are held to earshot's: none may differ by more
than 1e-4 of the largest. A peer takes the batch of 1, 8 or 18 patches that suits it best (a short trial finds it),
earshot 18, one recording; the cases "-one" are single patches for all. MNN and ncnn are tried both as one net on all
threads and as single-thread nets side by side.
"""

import collections
import pathlib
import subprocess
import sys

import rounds

TOLERANCE = 1e-4
TRIAL_S = 0.7
ALL = [1, 8, 18]

# run       one batch of `images` pictures
# features  the answer of one batch, [images][columns]
Engine = collections.namedtuple("Engine", "run features images")


# ---------------------------------------------------------------------------------------- a batch of each


def torch_engine(job, images, is_folded=False, is_channels_last=False, is_compiled=False):
    import torch
    import trunks

    torch.set_num_threads(job["threads"])
    torch.set_grad_enabled(False)
    model, given = trunks.torch_model(job["network"]), torch.from_numpy(images)
    if is_folded:
        model = trunks.folded(model)
    if is_channels_last:
        model = model.to(memory_format=torch.channels_last)
        given = given.contiguous(memory_format=torch.channels_last)
    if is_compiled:
        torch._inductor.config.freezing = True
        if job["isa"] == "avx2":
            torch._inductor.config.cpp.simdlen = 256
        torch._dynamo.reset()
        model = torch.compile(model, dynamic=False)
    return Engine(lambda: model(given), lambda: model(given).numpy(), len(images))


def onnxruntime_engine(job, images):
    import trunks

    session = trunks.onnx_session(trunks.onnx_file(job["network"], job["folder"]), job["threads"])
    return Engine(lambda: session.run(None, {"images": images}), lambda: session.run(None, {"images": images})[0],
                  len(images))


def openvino_engine(job, images, hint):
    import openvino
    import trunks

    core = openvino.Core()
    model = core.read_model(trunks.onnx_file(job["network"], job["folder"]))
    model.reshape(list(images.shape))
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32",
                                                 "INFERENCE_NUM_THREADS": job["threads"]})
    n = compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") if hint == "THROUGHPUT" else 1
    requests = [compiled.create_infer_request() for _ in range(n)]
    for request in requests:
        request.set_input_tensor(openvino.Tensor(images.copy()))

    def run():
        for request in requests:
            request.start_async()
        for request in requests:
            request.wait()

    def features():
        run()
        return requests[0].get_output_tensor().data.copy()

    return Engine(run, features, n * len(images))


def mnn_engine(job, images):
    import MNN
    import trunks

    source = trunks.onnx_file(job["network"], job["folder"])
    target = source.replace(".onnx", ".mnn")
    if not pathlib.Path(target).exists():
        subprocess.run([pathlib.Path(sys.executable).parent / "mnnconvert", "-f", "ONNX", "--modelFile", source,
                        "--MNNModel", target, "--bizCode", "bench"], check=True, stdout=sys.stderr)
    net = MNN.Interpreter(target)
    session = net.createSession({"numThread": job["threads"], "precision": "high", "backend": "CPU"})
    net.resizeTensor(net.getSessionInput(session), images.shape)
    net.resizeSession(session)
    given = MNN.Tensor(images.shape, MNN.Halide_Type_Float, images, MNN.Tensor_DimensionType_Caffe)
    net.getSessionInput(session).copyFrom(given)

    def features():
        net.runSession(session)
        answer = net.getSessionOutput(session)
        plain = MNN.Tensor(answer.getShape(), MNN.Halide_Type_Float, zeros(answer.getShape()),
                           MNN.Tensor_DimensionType_Caffe)
        answer.copyToHostTensor(plain)
        return plain.getNumpyData().copy()

    return Engine(lambda: net.runSession(session), features, len(images))


def zeros(shape):
    import numpy

    return numpy.zeros(shape, numpy.float32)


def ncnn_files(job):
    import trunks

    source = pathlib.Path(trunks.onnx_file(job["network"], job["folder"]))
    stem = source.with_suffix("").name.replace("-", "_")  # pnnx's own rule
    files = [source.parent / f"{stem}.ncnn.{ending}" for ending in ("param", "bin")]
    if not all(file.exists() for file in files):
        subprocess.run([pathlib.Path(sys.executable).parent / "pnnx", source.resolve(), "inputshape=[1,3,224,224]",
                        "fp16=0"],
                       cwd=source.parent, check=True, stdout=sys.stderr)
    return [str(file) for file in files]


def ncnn_engine(job, images):
    import ncnn
    import numpy

    net = ncnn.Net()
    net.opt.num_threads = job["threads"]
    net.opt.use_vulkan_compute = False
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, half, False)
    parameters, weights = ncnn_files(job)
    net.load_param(parameters)
    net.load_model(weights)
    given = ncnn.Mat(images[0]).clone()
    first, last = net.input_names()[0], net.output_names()[0]

    def run():
        extractor = net.create_extractor()
        extractor.input(first, given)
        return extractor.extract(last)[1]

    return Engine(run, lambda: numpy.array(run()).reshape(1, -1), 1)


# ------------------------------------------------------------------------------------- as peers of a case


def check(job, engine, expected):
    """The largest difference from earshot's features, as a share of their largest."""
    import numpy

    found = engine.features()
    expected = expected[:len(found)]
    if found.size != expected.size:
        raise SystemExit(f"features have the shape {found.shape}, earshot's {expected.shape}")
    difference = float(numpy.abs(found.reshape(expected.shape) - expected).max() / numpy.abs(expected).max())
    if not difference <= TOLERANCE:
        raise SystemExit(f"features differ by {difference:.1e} of the largest, {TOLERANCE:.0e} is allowed")
    return difference


def read_inputs(job):
    import h5py

    with h5py.File(inputs_file(job)) as file:
        return file["images"][:].reshape(-1, 3, 224, 224), file["features"][:]


def rate(engine, seconds):
    return engine.images / rounds.median_call_s(engine.run, seconds)


def best_batch(make, batches=None):
    """A peer that takes the fastest of the case's batches."""

    def build(job):
        images, expected = read_inputs(job)
        best = None
        for batch in [n for n in batches or job["batches"] if n in job["batches"]] or job["batches"]:
            engine = make(job, images[:batch].copy())
            difference = check(job, engine, expected)
            engine.run()
            found = rate(engine, TRIAL_S)
            if best is None or found > best[0]:
                best = found, engine, f"batch {batch}, features within {difference:.0e}"
        _, engine, note = best
        return lambda request: {"trunk": rate(engine, request["seconds"])}, note

    return build


def side_by_side(name):
    """As many single-thread processes of that peer as there are threads; their rates are added."""

    def build(job):
        processes = [rounds.Peer(sys.argv[0], {**job, "peer": name, "threads": 1, "case": f"{job['case']}-{n}"})
                     for n in range(job["threads"])]
        notes = [process.answer() for process in processes]
        if None in notes:
            raise SystemExit(processes[notes.index(None)].why_not())

        def measure(request):
            for process in processes:
                process.ask(request)
            return {"trunk": sum(process.answer()["trunk"] for process in processes)}

        return measure, f"{len(processes)} nets of one thread, each {notes[0]}"

    return build


PEERS = {
    "MNN": best_batch(mnn_engine),
    "MNN, side by side": side_by_side("MNN"),
    "ncnn": best_batch(ncnn_engine, [1]),
    "ncnn, side by side": side_by_side("ncnn"),
    "ONNX Runtime": best_batch(onnxruntime_engine),
    "OpenVINO, latency": best_batch(lambda job, images: openvino_engine(job, images, "LATENCY")),
    "OpenVINO, throughput": best_batch(lambda job, images: openvino_engine(job, images, "THROUGHPUT")),
    "PyTorch, eager": best_batch(torch_engine),
    "PyTorch, eager channels_last": best_batch(
        lambda job, images: torch_engine(job, images, is_folded=True, is_channels_last=True)),
    "PyTorch, compiled": best_batch(
        lambda job, images: torch_engine(job, images, is_folded=True, is_compiled=True), [18]),
    "PyTorch, compiled channels_last": best_batch(
        lambda job, images: torch_engine(job, images, is_folded=True, is_channels_last=True, is_compiled=True), [18]),
}

WHOLE = [name for name in PEERS if name not in ("ncnn", "PyTorch, compiled")]  # slower everywhere than their fellows
ONE = ["MNN", "ncnn", "ONNX Runtime", "OpenVINO, latency"]
NETWORKS = ("resnet34", "resnet18", "squeezenet1_1", "alexnet")
CASES = {
    **{name: {"network": name, "batches": ALL, "batch": 18, "peers": WHOLE} for name in NETWORKS},
    **{f"{name}-one": {"network": name, "batches": [1], "batch": 1, "peers": ONE} for name in NETWORKS},
}


# -------------------------------------------------------------------------------------------------- ours


def inputs_file(job):
    return f"{job['folder']}/{job['network']}.h5"


def prepare(job):
    if job["has_peers"]:
        subprocess.run(rounds.program(job, "net", "--network", job["network"], "--batch", max(ALL), "--save",
                                      inputs_file(job)), check=True)


def ours(job, request):
    found, megabytes = rounds.run_program(rounds.program(
        job, "net", "--network", job["network"], "--batch", job["batch"], "--seconds", request["seconds"]))
    return {"trunk": found["patches_per_second"]}, {"instructions": found["device"], "batch": job["batch"],
                                                    "peak_megabytes": round(megabytes)}


if __name__ == "__main__":
    rounds.run(rounds.Question("net", __doc__, {"trunk": "patches/s"}, CASES, PEERS, ours, prepare,
                               ["torch", "torchvision", "onnxruntime", "openvino", "MNN", "ncnn", "numpy"]))
