#!/usr/bin/env python3
"""Sends random commands, payloads and models to servers and keeps what does harm. See README.md.

    run.py run [KIND ...] [--seed N] [--minutes M] [--count N | --short]
    run.py case KIND --seed N --case N [--count N]      a case again, and those after it
    run.py replay FILE                                  the case in a finding's file
    run.py shrink FILE                                  makes the file's case smaller
"""

import argparse
import pathlib
import random
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "server")]

from support.paths import ROOT  # noqa: E402

import kinds  # noqa: E402
from frame.campaign import Campaign  # noqa: E402
from frame.case import Case  # noqa: E402
from frame.shrinking import smaller  # noqa: E402
from kinds import samples  # noqa: E402

FOLDER = ROOT / "build" / "fuzz"
PROGRESS_SECONDS = 10


def main():
    arguments = parsed()
    if arguments.action == "run":
        return run(arguments)
    if arguments.action == "case":
        count = arguments.count or 1
        cases = (kinds.kind(arguments.kind[0]).case(arguments.seed, arguments.case + index)
                 for index in range(count))
        return said(sent(cases))
    case = Case.load(arguments.kind[0])
    if arguments.action == "replay":
        return said(sent([case]))
    return shrink(case, pathlib.Path(arguments.kind[0]))


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["run", "case", "replay", "shrink"])
    parser.add_argument("kind", nargs="*", help=f"kinds of cases: {', '.join(kinds.NAMES)}; or a file")
    parser.add_argument("--seed", type=int, help="which cases; by default some that nobody tried")
    parser.add_argument("--case", type=int, default=0, help="the number of the first case")
    parser.add_argument("--count", type=int, help="how many of what a kind counts; of cases with `case`")
    parser.add_argument("--minutes", type=float, help="end after this time, all kinds together")
    parser.add_argument("--short", action="store_true", help="as many as CI tries")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.randrange(1, 1 << 31)
    return arguments


def run(arguments):
    """Every kind in turn; each gets its part of the time."""
    names = arguments.kind or kinds.NAMES
    print(f"seed {arguments.seed}", flush=True)
    found = []
    for index, name in enumerate(names):
        kind = kinds.kind(name)
        wanted = arguments.count or (kind.SHORT if arguments.short else kind.FULL)
        seconds = 60 * arguments.minutes / len(names) if arguments.minutes else None
        found += campaign(kind, name, arguments.seed, arguments.case, wanted, seconds)
    return said(found)


def a_campaign(folder=FOLDER):
    return Campaign(folder, first=list(samples.first_commands()))


def campaign(kind, name, seed, first, wanted, seconds):
    """Cases of one kind until there are enough or the time is over; gives what was found."""
    start = shown = time.monotonic()
    done = 0
    number = first
    with a_campaign() as running:
        while done < wanted and (seconds is None or time.monotonic() - start < seconds):
            case = kind.case(seed, number)
            finding = running.run(case)
            if finding:
                print(finding, flush=True)
            done += kind.count(case)
            number += 1
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                show(name, kind, number - first, done, wanted, start, running)
    show(name, kind, number - first, done, wanted, start, running)
    return running.findings.all


def show(name, kind, cases, done, wanted, start, running):
    seconds = time.monotonic() - start
    print(f"{name}: {done} of {wanted} {kind.UNIT} in {cases} cases, {seconds:.0f} s, "
          f"{done / seconds:.0f} a second; worst PING {1e3 * running.result.worst_ping:.1f} ms; "
          f"findings: {len(running.findings.all)}", flush=True)


def sent(cases):
    """Sends cases to one server; gives what was found."""
    with a_campaign() as running:
        for case in cases:
            running.run(case)
    return running.findings.all


def said(found):
    """Lists what was found; the exit status says whether there was anything."""
    for finding in found:
        print(finding)
    print(f"{len(found)} findings" if found else "nothing found")
    return 1 if found else 0


def shrink(case, path):
    with tempfile.TemporaryDirectory() as folder, a_campaign(folder) as running:
        result = smaller(case, running)
    if result is None:
        print("the case does no harm")
        return 1
    result.save(path)
    print(f"{path}: {result.command_count} commands")
    return 0


if __name__ == "__main__":
    sys.exit(main())
