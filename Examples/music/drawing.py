"""The picture: a piano roll of what was played, with what the model found drawn over it."""

import matplotlib

matplotlib.use("svg")

import numpy  # noqa: E402  (the kind of output must be chosen first)
from matplotlib import pyplot  # noqa: E402

from notes import LOWEST_PITCH  # noqa: E402

PLAYED_COLOUR, FOUND_COLOUR = "#bfe3c0", "#f28f43"


def draw(path, sounding, step_seconds, played, found):
    """`sounding` has shape [steps, 88]: how probably each key is held."""
    figure, axes = pyplot.subplots(figsize=(14, 5))
    seconds = len(sounding) * step_seconds
    axes.imshow(
        numpy.sqrt(sounding.T), origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1.4,
        extent=(0, seconds, LOWEST_PITCH - 0.5, LOWEST_PITCH + 87.5))
    for index, note in enumerate(played):
        axes.barh(
            note.pitch, note.end - note.start, left=note.start, height=1.5, color=PLAYED_COLOUR, alpha=0.8,
            label="played" if index == 0 else None)
    for index, note in enumerate(found):
        axes.barh(
            note.pitch, note.end - note.start, left=note.start, height=0.5, color=FOUND_COLOUR,
            label="found by the model" if index == 0 else None)
    pitches = [note.pitch for note in [*played, *found]]
    axes.set_ylim(min(pitches) - 6, max(pitches) + 6)
    axes.set_xlim(0, seconds)
    axes.set_xlabel("seconds")
    axes.set_ylabel("MIDI number of the note")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
