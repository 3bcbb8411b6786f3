"""The sound that the example listens to: a short piece for two voices, on an instrument made of sines.

It is the same every time, needs no file of recordings, and it is known exactly which note sounds when.
"""

import dataclasses

import numpy

RATE = 22050
SECONDS_PER_BEAT = 0.5

# MIDI numbers of the notes, each with its length in beats: the upper voice, and the bass below it.
UPPER = ((64, 1), (67, 1), (72, 2), (71, 1), (69, 1), (67, 2), (65, 1), (69, 1), (67, 1), (64, 1), (60, 3))
LOWER = ((48, 4), (43, 4), (41, 2), (43, 2), (48, 3))
PARTIALS = 6
ATTACK_SECONDS, RELEASE_SECONDS = 0.01, 0.05


@dataclasses.dataclass(frozen=True)
class Note:
    """A note by its MIDI number (69 is the a' of 440 Hz), and when it sounds, in seconds."""

    pitch: int
    start: float
    end: float


def voice(score):
    """The notes of one voice, one after the other."""
    notes, beat = [], 0
    for pitch, beats in score:
        notes.append(Note(pitch, beat * SECONDS_PER_BEAT, (beat + beats) * SECONDS_PER_BEAT))
        beat += beats
    return notes


def sounded(note):
    """A plucked string: partials that fade, the higher ones sooner."""
    count = int((note.end - note.start) * RATE)
    times = numpy.arange(count) / RATE
    frequency = 440 * 2 ** ((note.pitch - 69) / 12)
    made = numpy.zeros(count)
    for partial in range(1, PARTIALS + 1):
        fading = numpy.exp(-times * (0.8 + 0.6 * partial))
        made += numpy.sin(2 * numpy.pi * frequency * partial * times) * fading / partial ** 2
    rise = numpy.minimum(1, times / ATTACK_SECONDS)
    fall = numpy.minimum(1, (count / RATE - times) / RELEASE_SECONDS)
    return made * rise * fall


def piece():
    """The samples, FLOAT between -1 and 1, and all notes in the order of their beginnings."""
    notes = sorted(voice(UPPER) + voice(LOWER), key=lambda note: (note.start, note.pitch))
    samples = numpy.zeros(int(max(note.end for note in notes) * RATE) + 1)
    for note in notes:
        first = int(note.start * RATE)
        made = sounded(note)
        samples[first:first + len(made)] += made
    return (0.7 * samples / numpy.abs(samples).max()).astype(numpy.float32), notes
