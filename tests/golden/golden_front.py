"""front.h5: librosa's answers to every stage of the front end, computed in float64, kept in float32.

/signals/<signal>              int16 samples
/settings/<setting>            attributes: how the front end was set
  window, bank                 [n_fft], [n_mels][n_fft/2 + 1]
  <signal>/rows                which frames stand in `frames` and `power`
  <signal>/frames, power       [rows][n_fft], [rows][n_fft/2 + 1]
  <signal>/mel, decibel        [n_frames][n_mels], [n_mels][n_frames]
"""

import warnings

import librosa
import numpy

import golden_signals
from golden_file import GoldenFile

SIGNALS = {
    "tones": golden_signals.tones(12037),
    "clicks": golden_signals.clicks(9600),
    "silent": golden_signals.silent(4000),
    "faint": golden_signals.faint(4000),
    "short": golden_signals.clicks(300),  # shorter than half a window: its edges are mirrored again and again
}

PAPER = dict(n_fft=1024, hop=256, win_length=1024, n_mels=64, fmin=0.0, fmax=8000.0, pad="reflect", htk=False,
             norm="slaney", reference="max", range_db=80.0)

# setting: what differs from the paper's, and which signals it is tried on
SETTINGS = {
    "paper": ({}, SIGNALS),
    "librosa": (dict(pad="constant"), SIGNALS),
    "mimii-baseline": (dict(hop=512, reference="one", range_db=0.0), SIGNALS),
    "fft512": (dict(n_fft=512, win_length=512, hop=128, n_mels=40), ["clicks"]),
    "fft1000": (dict(n_fft=1000, win_length=1000, hop=250), ["tones"]),
    "fft2048": (dict(n_fft=2048, win_length=2048, hop=512, n_mels=128), ["tones", "short"]),
    "htk": (dict(htk=True, fmin=50.0, fmax=7000.0), ["clicks"]),
    "no-norm": (dict(norm="none", fmin=200.0, fmax=4000.0, n_mels=40, range_db=60.0), ["tones"]),
    "short-window": (dict(win_length=401), ["clicks"]),
    # narrow windows and many bands: some bands hold no bin at all
    "empty-bands": (dict(n_fft=256, win_length=256, n_mels=80, pad="constant"), ["clicks"]),
}


def front_end(samples, setting):
    """frames, power, mel and decibel as librosa computes them, time first but for decibel."""
    y = samples.astype(numpy.float64) / 32768
    n_fft, hop = setting["n_fft"], setting["hop"]
    padded = numpy.pad(y, n_fft // 2, mode=setting["pad"])
    frames = librosa.util.frame(padded, frame_length=n_fft, hop_length=hop).T * window(setting)
    spectrum = librosa.stft(y, n_fft=n_fft, hop_length=hop, win_length=setting["win_length"], window="hann",
                            center=True, pad_mode=setting["pad"], dtype=numpy.complex128)
    power = numpy.abs(spectrum) ** 2
    mel = mel_bank(setting) @ power
    decibel = librosa.power_to_db(mel, ref=numpy.max if setting["reference"] == "max" else 1.0, amin=1e-10,
                                  top_db=setting["range_db"] or None)
    return frames, power.T, mel.T, decibel


def window(setting):
    hann = librosa.filters.get_window("hann", setting["win_length"], fftbins=True)
    return librosa.util.pad_center(hann, size=setting["n_fft"])


def mel_bank(setting):
    names = ["n_fft", "n_mels", "fmin", "fmax", "htk"]
    norm = None if setting["norm"] == "none" else setting["norm"]
    return librosa.filters.mel(sr=golden_signals.SAMPLE_RATE, norm=norm, dtype=numpy.float64,
                               **{name: setting[name] for name in names})


def some_rows(n_frames):
    """The first two frames, which are padded, one in the middle, and the last one."""
    return numpy.unique(numpy.clip([0, 1, n_frames // 2, n_frames - 1], 0, n_frames - 1))


def main():
    warnings.filterwarnings("ignore", message=".*too large for input signal.*")
    warnings.filterwarnings("ignore", message="Empty filters detected.*")
    with GoldenFile("front.h5") as golden:
        for name, samples in SIGNALS.items():
            golden.put(f"/signals/{name}", samples)
        for name, (changes, signals) in SETTINGS.items():
            setting = PAPER | changes
            group = f"/settings/{name}"
            golden.set(group, sample_rate=golden_signals.SAMPLE_RATE, **setting)
            golden.put(f"{group}/window", window(setting))
            golden.put(f"{group}/bank", mel_bank(setting))
            for signal in signals:
                frames, power, mel, decibel = front_end(SIGNALS[signal], setting)
                rows = some_rows(len(mel))
                golden.put(f"{group}/{signal}/rows", rows)
                golden.put(f"{group}/{signal}/frames", frames[rows])
                golden.put(f"{group}/{signal}/power", power[rows])
                golden.put(f"{group}/{signal}/mel", mel)
                golden.put(f"{group}/{signal}/decibel", decibel)
