"""The straightforward Python script from recordings to features: librosa, matplotlib, torch or ONNX Runtime, h5py.

It is what a user would write: one recording after the other, its 18 patches as one batch. Stages are timed apart.
"""

import time

import trunks

STAGES = ["load", "logmel", "picture", "net", "write"]
POOLED = 2  # `extract` averages SqueezeNet's last map over a 2 × 2 grid
PATCH, OFFSET = 64, 32


class Script:
    def __init__(self, network, engine, threads, folder):
        import matplotlib
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.colours = matplotlib.colormaps["viridis"]
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        self.deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        self.net = {"PyTorch": self.torch_net, "ONNX Runtime": self.onnx_net}[engine](network, threads, folder)

    def torch_net(self, network, threads, folder):
        model = trunks.torch_model(network, POOLED)
        return lambda images: model(images).numpy()

    def onnx_net(self, network, threads, folder):
        session = trunks.onnx_session(trunks.onnx_file(network, folder, POOLED), threads)
        return lambda images: session.run(None, {"images": images.numpy()})[0]

    def load(self, path):
        import librosa

        return librosa.load(path, sr=None)

    def logmel(self, loaded):
        import librosa
        import numpy

        samples, rate = loaded
        mel = librosa.feature.melspectrogram(y=samples, sr=rate, n_fft=1024, hop_length=256, n_mels=64,
                                             pad_mode="reflect")
        return librosa.power_to_db(mel, ref=numpy.max, top_db=80)

    def picture(self, decibel):
        import numpy
        import torch

        starts = range(0, decibel.shape[1] - PATCH + 1, OFFSET)
        patches = numpy.stack([decibel[:, start:start + PATCH] for start in starts])
        rgb = torch.from_numpy(self.colours((patches + 80) / 80)[..., :3].astype("float32")).permute(0, 3, 1, 2)
        images = torch.nn.functional.interpolate(rgb, size=(224, 224), mode="bilinear", align_corners=False)
        return (images - self.mean) / self.deviation

    def run(self, paths, output):
        """Writes /raw and /features; the seconds of each stage, and of all."""
        import h5py
        from sklearn.preprocessing import StandardScaler

        seconds = dict.fromkeys(STAGES, 0.0)
        start = time.perf_counter()
        with h5py.File(output, "w") as file:
            for path in paths:
                value = path
                for stage, step in (("load", self.load), ("logmel", self.logmel), ("picture", self.picture),
                                    ("net", self.net)):
                    before = time.perf_counter()
                    value = step(value)
                    seconds[stage] += time.perf_counter() - before
                before = time.perf_counter()
                append(file, value)
                seconds["write"] += time.perf_counter() - before
            before = time.perf_counter()
            file["features"] = StandardScaler().fit_transform(file["raw"][:])
        seconds["write"] += time.perf_counter() - before
        return {**seconds, "all": time.perf_counter() - start}


def append(file, rows):
    raw = file.get("raw")
    if raw is None:
        raw = file.create_dataset("raw", (0, rows.shape[1]), "f4", maxshape=(None, rows.shape[1]))
    n = len(raw)
    raw.resize(n + len(rows), axis=0)
    raw[n:] = rows
