"""The sound that the example listens to: spoken sentences, silence, and noises of several kinds.

The speech is made by espeak-ng and the noises by seeded random numbers, so the sound is the same every
time, needs no file of recordings, and it is known exactly where there is speech.
"""

import dataclasses
import pathlib
import shutil
import subprocess
import tempfile
import wave

import numpy

RATE = 16000
SEED = 20


@dataclasses.dataclass(frozen=True)
class Part:
    """One stretch of the sound; seconds from its beginning."""

    label: str
    is_speech: bool
    start: float
    end: float


def speak(text, voice, words_per_minute):
    """A spoken sentence at 16 kHz, without the silence at its ends."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed; on Debian: apt-get install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "speech.wav"
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-w", str(path), text], check=True)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    samples = resample(samples, rate)
    loud = numpy.flatnonzero(numpy.abs(samples) > 0.01)
    return samples[loud[0]:loud[-1] + 1]


def resample(samples, rate):
    """The same sound at 16 kHz: each new sample is a windowed sinc over the old ones around it."""
    reach = 32
    cutoff = min(1, RATE / rate)
    places = numpy.arange(int(len(samples) * RATE / rate)) * rate / RATE
    nearest = numpy.floor(places).astype(int)
    padded = numpy.pad(samples, reach)
    made = numpy.zeros(len(places))
    for offset in range(-reach + 1, reach + 1):
        distance = places - (nearest + offset)
        window = 0.5 + 0.5 * numpy.cos(numpy.pi * distance / reach)
        made += padded[nearest + offset + reach] * cutoff * numpy.sinc(cutoff * distance) * window
    return made


def silence(seconds):
    return numpy.zeros(int(seconds * RATE))


def white_noise(random, seconds, level):
    return level * random.standard_normal(int(seconds * RATE))


def pink_noise(random, seconds, level):
    """Noise whose power falls with the frequency, as wind or traffic has it."""
    spectrum = numpy.fft.rfft(random.standard_normal(int(seconds * RATE)))
    spectrum /= numpy.sqrt(numpy.maximum(numpy.arange(len(spectrum)), 1))
    made = numpy.fft.irfft(spectrum, int(seconds * RATE))
    return level * made / numpy.std(made)


def hum(seconds, level):
    """The hum of a mains supply: 50 Hz and its multiples."""
    times = numpy.arange(int(seconds * RATE)) / RATE
    return level * sum(numpy.sin(2 * numpy.pi * 50 * n * times) / n for n in range(1, 6))


def scene():
    """The whole sound as FLOAT samples between -1 and 1, and its parts in order."""
    random = numpy.random.default_rng(SEED)
    noisy = speak("And now a third sentence, with the noise of a street around it.", "en-us", 150)
    noisy = noisy + pink_noise(random, len(noisy) / RATE, 0.01)[:len(noisy)]
    pieces = [
        ("silence", False, silence(1.5)),
        ("a man's voice", True, speak("The quick brown fox jumps over the lazy dog.", "en-gb", 150)),
        ("white noise", False, white_noise(random, 2.5, 0.05)),
        ("a woman's voice", True, speak("Models can run where the data already is.", "en-us+f3", 150)),
        ("mains hum", False, hum(2.0, 0.1)),
        ("pink noise", False, pink_noise(random, 2.5, 0.1)),
        ("a voice in noise", True, noisy),
        ("silence", False, silence(1.5)),
    ]
    parts, position = [], 0
    for label, is_speech, samples in pieces:
        parts.append(Part(label, is_speech, position / RATE, (position + len(samples)) / RATE))
        position += len(samples)
    return numpy.concatenate([samples for _, _, samples in pieces]).astype(numpy.float32), parts
