"""From the model's probabilities to notes, and whether they are those that were played."""

import numpy

from melody import Note

# The model has a row of 88 keys of a piano for each step of 256 samples, from the lowest a (MIDI 21) on.
LOWEST_PITCH = 21
BEGINS_AT, GOES_ON_AT = 0.75, 0.3
SHORTEST_SECONDS, LONGEST_GAP_STEPS = 0.12, 5

# What the example asks of the model: most notes are found, and few that were not played.
MAY_DIFFER_SECONDS, FOUND_AT_LEAST, RIGHT_AT_LEAST = 0.1, 0.9, 0.8


def found_notes(onsets, sounding, step_seconds):
    """A note begins where the onset has a peak, and lasts as long as its key is probably held.

    Both arrays have shape [steps, 88].
    """
    padded = numpy.pad(onsets, ((1, 1), (0, 0)))
    peaks = (onsets >= BEGINS_AT) & (onsets >= padded[:-2]) & (onsets > padded[2:])
    notes = []
    for key in range(onsets.shape[1]):
        starts = numpy.flatnonzero(peaks[:, key])
        for index, start in enumerate(starts):
            limit = starts[index + 1] if index + 1 < len(starts) else len(sounding)
            end = end_of(sounding[:, key], start, limit)
            if (end - start) * step_seconds >= SHORTEST_SECONDS:
                notes.append(Note(LOWEST_PITCH + key, start * step_seconds, end * step_seconds))
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def end_of(sounding, start, limit):
    """The step behind the last one in which a key is held; a gap of a few steps does not end it."""
    end, gap = start + 1, 0
    for step in range(start + 1, limit):
        if sounding[step] >= GOES_ON_AT:
            end, gap = step + 1, 0
        else:
            gap += 1
            if gap > LONGEST_GAP_STEPS:
                break
    return end


def is_same(first, second):
    return first.pitch == second.pitch and abs(first.start - second.start) <= MAY_DIFFER_SECONDS


def judge(played, found):
    """Prints how many notes were found, and how many of those found were played; True if that will do."""
    recalled = sum(any(is_same(note, other) for other in found) for note in played)
    right = sum(any(is_same(note, other) for other in played) for note in found)
    print(f"{recalled} of the {len(played)} notes played were found; "
          f"{right} of the {len(found)} found were played")
    return recalled >= FOUND_AT_LEAST * len(played) and right >= RIGHT_AT_LEAST * max(1, len(found))
