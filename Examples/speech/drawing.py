"""The picture: the sound with what is in it, and below it what the model said."""

import matplotlib

matplotlib.use("svg")

import numpy  # noqa: E402  (the kind of output must be chosen first)
from matplotlib import pyplot  # noqa: E402

from judge import BEGINS_AT  # noqa: E402

SPEECH_COLOUR, FOUND_COLOUR, SOUND_COLOUR = "#bfe3c0", "#f28f43", "#44546a"


def draw_sound(axes, samples, rate, parts):
    """The lowest and highest sample of each hundredth of a second; the parts by name, speech in colour."""
    step = rate // 100
    whole = samples[:len(samples) // step * step].reshape(-1, step)
    times = numpy.arange(len(whole)) * step / rate
    axes.fill_between(times, whole.min(axis=1), whole.max(axis=1), color=SOUND_COLOUR, linewidth=0.4)
    for part in parts:
        if part.is_speech:
            axes.axvspan(part.start, part.end, color=SPEECH_COLOUR, linewidth=0, zorder=0)
        axes.axvline(part.end, color="#cccccc", linewidth=0.6)
        axes.text(
            (part.start + part.end) / 2, 1.02, part.label, ha="center", fontsize=8,
            transform=axes.get_xaxis_transform())
    axes.set_ylabel("sound")
    axes.set_ylim(-1, 1)


def draw_probability(axes, probabilities, chunk_seconds, parts, found):
    times = (numpy.arange(len(probabilities)) + 0.5) * chunk_seconds
    for part in parts:
        if part.is_speech:
            axes.axvspan(part.start, part.end, color=SPEECH_COLOUR, linewidth=0, zorder=0)
    axes.plot(times, probabilities, color=SOUND_COLOUR, linewidth=1, label="probability of speech")
    axes.axhline(BEGINS_AT, color="#999999", linewidth=0.6, linestyle=":")
    for index, (start, end) in enumerate(found):
        axes.plot(
            [start, end], [1.06, 1.06], color=FOUND_COLOUR, linewidth=5, solid_capstyle="butt",
            label="found by the model" if index == 0 else None)
    axes.set_ylim(-0.03, 1.12)
    axes.set_ylabel("probability")
    axes.set_xlabel("seconds (green: somebody speaks)")
    axes.legend(fontsize=8, loc=(0.6, 0.45))


def draw(path, samples, rate, parts, probabilities, chunk_seconds, found):
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(14, 5), sharex=True)
    draw_sound(above, samples, rate, parts)
    draw_probability(below, probabilities, chunk_seconds, parts, found)
    above.set_xlim(0, len(samples) / rate)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
