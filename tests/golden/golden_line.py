"""line.h5: recordings → features, all in float32, as a user of librosa and torchvision has them.

/recordings/<name>/samples     int16
/recordings/<name>/decibel     [64][n_frames]
/recordings/<name>/<network>   [n_patches][columns] features with the weights seeded:1
"""

import librosa
import numpy
import torch

import golden_net
import golden_picture
import golden_seeded
import golden_signals
from golden_file import GoldenFile

RECORDINGS = {
    "ten-seconds": golden_signals.machine(160000, 50, 3.0, 21),
    "five-seconds": golden_signals.machine(80000, 137, 0.9, 22),
    "three-seconds": golden_signals.machine(47999, 311, 7.0, 23),
}
NETWORKS = ["resnet18", "squeezenet1_1"]


def log_mel(samples):
    y = samples.astype(numpy.float32) / numpy.float32(32768)
    mel = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=256, n_mels=64,
                                         pad_mode="reflect")
    return librosa.power_to_db(mel, ref=numpy.max, amin=1e-10, top_db=80)


def pictures(decibel):
    """[n_patches][3][224][224] float32"""
    shares = (decibel + numpy.float32(80)) / numpy.float32(80)
    rgb = golden_picture.VIRIDIS(golden_picture.patches(shares, 64, 32))[..., :3].astype(numpy.float32)
    return torch.from_numpy(golden_picture.normalized(rgb, 224, "bilinear").astype(numpy.float32))


def seeded_model(network):
    model = golden_net.new_model(network)
    golden_seeded.seed_network(model, network, 1)
    return model


def main():
    torch.set_num_threads(1)
    models = {network: seeded_model(network) for network in NETWORKS}
    with GoldenFile("line.h5") as golden:
        for name, samples in RECORDINGS.items():
            decibel = log_mel(samples)
            images = pictures(decibel)
            golden.set(f"/recordings/{name}")
            golden.put(f"/recordings/{name}/samples", samples)
            golden.put(f"/recordings/{name}/decibel", decibel)
            for network, model in models.items():
                features, _ = golden_net.run(model, network, images, torch.float32)
                golden.put(f"/recordings/{name}/{network}", features)
