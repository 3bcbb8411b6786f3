"""Sound that the speech model takes for speech, made of numbers: the same on each machine."""

import numpy

RATE, CHUNK = 16000, 512
# The resonances of some vowels, in Hz.
VOWELS = [(730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480), (300, 870, 2240)]


def voice(seconds, seed):
    """Vowels: pulses of a voice through three resonances, in syllables."""
    random = numpy.random.default_rng(seed)
    count = int(seconds * RATE)
    t = numpy.arange(count) / RATE
    pitch = 120 + 25 * numpy.sin(2 * numpy.pi * 0.7 * t) + 10 * numpy.sin(2 * numpy.pi * 2.3 * t)
    pulses = numpy.diff(numpy.floor(numpy.cumsum(pitch) / RATE), prepend=0)
    made, times = numpy.zeros(count), numpy.arange(800) / RATE
    for start in range(0, count, RATE // 5):
        part = pulses[start:start + RATE // 5]
        response = sum(
            numpy.exp(-numpy.pi * 80 * times) * numpy.sin(2 * numpy.pi * frequency * times) / (index + 1)
            for index, frequency in enumerate(VOWELS[random.integers(5)]))
        loudness = numpy.sin(numpy.pi * numpy.arange(len(part)) / len(part)) ** 0.5
        made[start:start + len(part)] = numpy.convolve(part, response)[:len(part)] * loudness
    return 0.2 * made / abs(made).max()


def silence(seconds):
    return numpy.zeros(int(seconds * RATE))


def two_sentences():
    """4.6 s with somebody's voice twice, as samples of 16 bits."""
    sound = numpy.concatenate([silence(0.6), voice(1.4, 1), silence(0.8), voice(1.0, 2), silence(0.8)])
    sound = sound + 0.001 * numpy.random.default_rng(7).standard_normal(len(sound))
    return (numpy.clip(sound, -1, 1) * 32767).astype("<i2")


def probabilities(run, pcm):
    """The model's for each whole chunk; `run(samples, state)` gives one and the next state."""
    samples = pcm.astype(numpy.float32) / 32768
    state, before, found = numpy.zeros((2, 1, 128), numpy.float32), numpy.zeros(64, numpy.float32), []
    for start in range(0, len(samples) - CHUNK + 1, CHUNK):
        chunk = numpy.concatenate([before, samples[start:start + CHUNK]])
        before = chunk[-64:]
        probability, state = run(chunk[None], state)
        found.append(float(probability))
    return found
