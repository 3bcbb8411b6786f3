#!/usr/bin/env python3
"""Finds speech while sound comes in: a flow in the server hears what is added to a stream.

This program stores the model, registers the flow, adds sound to the stream `sound:NAME` in pieces of 32 ms,
and prints what the flow publishes on the channel `speech:NAME`. Without a file it makes a sound of its own.

    python Examples/live-speech/listen.py                             starts a server of its own
    python Examples/live-speech/listen.py --url redis://localhost     uses one that runs, with FLOWS yes
    arecord -q -t raw -f S16_LE -r 16000 -c 1 | python Examples/live-speech/listen.py --pcm -
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Examples"), str(ROOT / "Examples/speech")]

import own_server  # noqa: E402  (the folders of what the examples share have to be known first)

FLOW = pathlib.Path(__file__).with_name("flow.py")
RATE, BYTES_OF_PIECE = 16000, 1024
WAIT_LIMIT_SECONDS = 60


def prepare(client, model):
    """Stores the model and registers the flow, in place of one that is there already."""
    client.execute_command("AI.MODELSTORE", "speech:model", "ONNX", "CPU", "BLOB", model)
    client.execute_command("RG.PYEXECUTE", FLOW.read_text(), "ID", "live-speech", "UPGRADE")


def send(client, name, file):
    """Adds a sound to the stream, piece by piece as it comes in; the ID of the last entry, or None."""
    entry = None
    while piece := file.read(BYTES_OF_PIECE):
        entry = client.xadd(f"sound:{name}", {"pcm": piece})
    return entry


def wait_for(client, name, entry):
    """Returns when the flow has heard an entry."""
    deadline = time.monotonic() + WAIT_LIMIT_SECONDS
    while entry is not None and client.hget(f"speech:{name}", "entry") != entry:
        if time.monotonic() > deadline:
            raise SystemExit(f"the flow has not heard all within {WAIT_LIMIT_SECONDS} s; "
                             "RG.DUMPREGISTRATIONS and the server's log say why")
        time.sleep(0.01)


@contextlib.contextmanager
def printing(client, name, found):
    """Prints what is published meanwhile; (start, end) in seconds of each span goes into `found`."""
    def print_event(message):
        event = json.loads(message["data"])
        if event["event"] == "start":
            print(f"{name}: speech from {event['start']:5.2f} s", flush=True)
        else:
            found.append((event["start"], event["end"]))
            print(f"{name}: speech from {event['start']:5.2f} s to {event['end']:5.2f} s", flush=True)

    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(**{f"speech:{name}": print_event})
        is_over = threading.Event()

        def listen():
            # What was published before the end is read before the end.
            while not is_over.is_set() or subscription.get_message() is not None:
                subscription.get_message(timeout=0.05)
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


@contextlib.contextmanager
def opened(path):
    """The sound to send, and its parts if it is known what they are."""
    if path == "-":
        yield sys.stdin.buffer, None
    elif path is not None:
        with open(path, "rb") as file:
            yield file, None
    else:
        from sound import scene
        samples, parts = scene()
        yield io.BytesIO((samples.clip(-1, 1) * 32767).astype("<i2").tobytes()), parts


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    own_server.add_arguments(parser)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "build/models/silero_vad.onnx")
    parser.add_argument("--name", default="kitchen", help="of the source of the sound")
    parser.add_argument(
        "--pcm", help="samples: 16 kHz, 16 bits, little-endian, one channel; - is standard input")
    return parser.parse_args()


def main():
    options = parse_options()
    if not options.model.exists():
        raise SystemExit(f"there is no model at {options.model}; type: make example-live-speech")
    found = []
    # The Python that runs this is a program; `python3` may be a script that looks for one.
    words = "FLOWS", "yes", "FLOWS_PYTHON", os.path.realpath(sys.executable)
    with opened(options.pcm) as (file, parts), own_server.connection(options, *words) as client:
        prepare(client, options.model.read_bytes())
        # The stream may have been there before, and its sound goes on.
        is_new = not client.exists(f"speech:{options.name}")
        with printing(client, options.name, found):
            wait_for(client, options.name, send(client, options.name, file))
    if parts and is_new:
        from judge import judge
        raise SystemExit(0 if judge(parts, found) else 1)


if __name__ == "__main__":
    main()
