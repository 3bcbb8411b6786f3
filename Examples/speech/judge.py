"""From probabilities to spans of speech, and whether these are where somebody spoke."""

# Speech begins where the probability reaches the first number and ends where it stays under the second for
# some time; the gap between the two keeps a word's quiet consonants inside its span.
BEGINS_AT, ENDS_BELOW = 0.5, 0.35
SHORTEST_PAUSE_SECONDS, SHORTEST_SPEECH_SECONDS = 0.25, 0.1

# What the example asks of the model: most of each spoken part is found, and hardly anything elsewhere. The
# model hears only what has been, so it may notice the end of speech late: so much of the next part is spared.
FOUND_AT_LEAST, MISTAKEN_BELOW, MAY_TRAIL_SECONDS = 0.7, 0.05, 0.25


def spans(probabilities, chunk_seconds):
    """Where there is speech: a list of (from, to) in seconds."""
    found = []
    start = last = None
    for index, probability in enumerate(probabilities):
        now = index * chunk_seconds
        if start is None and probability >= BEGINS_AT:
            start = now
        if start is not None and probability >= ENDS_BELOW:
            last = now + chunk_seconds
        if start is not None and now + chunk_seconds - last >= SHORTEST_PAUSE_SECONDS:
            found.append((start, last))
            start = None
    if start is not None:
        found.append((start, last))
    return [(start, end) for start, end in found if end - start >= SHORTEST_SPEECH_SECONDS]


def share(part, found):
    """The share of a part, 0 to 1, that lies inside the spans."""
    judged_from = part.start if part.is_speech else part.start + MAY_TRAIL_SECONDS
    inside = sum(max(0.0, min(end, part.end) - max(start, judged_from)) for start, end in found)
    return inside / (part.end - judged_from)


def judge(parts, found):
    """Prints how much of each part was taken for speech; True if that is right for all."""
    is_right = True
    for part in parts:
        taken = share(part, found)
        fits = taken >= FOUND_AT_LEAST if part.is_speech else taken < MISTAKEN_BELOW
        is_right = is_right and fits
        print(f"{'right' if fits else 'WRONG'}: {part.label} ({part.start:.2f} s to {part.end:.2f} s): "
              f"{taken:.0%} taken for speech")
    return is_right
