"""Recordings made up for the golden files: 16 kHz, int16."""

import numpy

SAMPLE_RATE = 16000


def quantized(wave):
    """Float samples (full scale 1) to int16, clipped."""
    return numpy.clip(numpy.round(wave * 32768), -32768, 32767).astype(numpy.int16)


def tones(n):
    """A hum with harmonics whose loudness wavers, and a high whistle."""
    t = numpy.arange(n) / SAMPLE_RATE
    hum = sum(numpy.sin(2 * numpy.pi * 120 * k * t + k) / k for k in range(1, 9))
    whistle = numpy.sin(2 * numpy.pi * (3000 + 200 * t) * t)
    noise = numpy.random.default_rng(1).standard_normal(n)
    return quantized(0.2 * hum * (1 + 0.3 * numpy.sin(2 * numpy.pi * 2 * t)) + 0.05 * whistle + 0.002 * noise)


def clicks(n):
    """Noise, with clicks that reach both ends of the range."""
    noise = numpy.random.default_rng(2).standard_normal(n)
    wave = quantized(0.03 * noise)
    wave[200::3001] = 32767
    wave[207::3001] = -32768
    return wave


def silent(n):
    return numpy.zeros(n, numpy.int16)


def faint(n):
    """Nothing but the last bit."""
    return numpy.random.default_rng(3).integers(-1, 2, n).astype(numpy.int16)


def machine(n, hum_hz, strokes_hz, seed):
    """What the golden lines listen to: hum, noise in bands, a stroke now and then."""
    t = numpy.arange(n) / SAMPLE_RATE
    noise = numpy.random.default_rng(seed).standard_normal(n)
    smooth = numpy.convolve(noise, numpy.ones(8) / 8, "same")
    stroke = (numpy.sin(2 * numpy.pi * strokes_hz * t) > 0.8) * smooth
    hum = sum(numpy.sin(2 * numpy.pi * hum_hz * k * t + k * k) / k for k in range(1, 30))
    return quantized(0.004 * hum + 0.006 * smooth + 0.02 * stroke + 0.001 * noise)
