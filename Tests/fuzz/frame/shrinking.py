"""Makes the case of a finding smaller: takes commands away as long as it still does the same harm."""

import dataclasses

from .case import Stream


def smaller(case, campaign, say=print):
    """The smallest case that was found; each try takes a fresh server if the one before did not live."""
    def harm(candidate):
        finding = campaign.run(candidate)
        return finding.kind if finding else None

    wanted = harm(case)
    if wanted is None:
        return None
    step = max(case.command_count // 2, 1)
    while step:
        position = 0
        while position < case.command_count:
            candidate = without(case, position, step)
            if candidate.streams and harm(candidate) == wanted:
                case = candidate
                say(f"{case.command_count} commands")
            else:
                position += step
        step //= 2
    return case


def without(case, position, count):
    """The case without some commands, counted over all streams."""
    streams = []
    for stream in case.streams:
        size = len(stream.commands)
        start, end = max(position, 0), max(position + count, 0)
        kept = stream.commands[:start] + stream.commands[end:]
        if kept:
            streams.append(Stream(kept, stream.protocol))
        position -= size
    return dataclasses.replace(case, streams=streams)
