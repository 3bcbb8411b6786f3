"""One measurement: a request sent over and over by the program `load`, with the server's processor time."""

import dataclasses
import json
import os
import subprocess

from server import cpu_seconds


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one run of a tool gave; times in microseconds.

    `cpu` is the server's, per request; `stolen` is the share of the busy time that the machine's host gave to
    others, which a virtual machine sees and cannot change.
    """

    per_second: float
    p50: float
    p99: float
    maximum: float
    stolen: float
    cpu: float | None


def encode(*arguments):
    """The bytes of a request, as a client sends them."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def bulk(payload):
    """The bytes of a reply that is one bulk string."""
    return b"$%d\r\n%s\r\n" % (len(payload), payload)


def cores():
    return sorted(os.sched_getaffinity(0))


def processor_times():
    """The stolen and the busy time of all cores so far; busy includes stolen."""
    with open("/proc/stat") as lines:
        user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, next(lines).split()[1:9])
    return stolen, user + nice + system + interrupts + soft_interrupts + stolen


def run_tool(command, core):
    """Runs a tool on one core and returns what it measured, and the share of the time that was stolen."""
    if not command[0].exists():
        raise SystemExit(f"there is no {command[0]}; type: make bench")
    command = ["taskset", "-c", str(core), *map(str, command)]
    stolen, busy = processor_times()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nfailed: {done.stderr.strip()}")
    stolen_now, busy_now = processor_times()
    figures = json.loads(done.stdout)
    figures["stolen"] = (stolen_now - stolen) / max(busy_now - busy, 1)
    return figures


def measurement(figures, cpu=None):
    return Measurement(
        figures["per_second"], figures["p50_ns"] / 1e3, figures["p99_ns"] / 1e3, figures["max_ns"] / 1e3,
        figures["stolen"], cpu)


def measure_floor(tools, runtime, backends, model, tensors, seconds, threads=1):
    """The vendor's own run without a server. Returns the measurement and the runtime's version.

    `tensors` are the inputs and outputs as the program `floor` wants them.
    """
    command = [tools / "floor", runtime.floor, backends / runtime.library, model, seconds, threads, *tensors]
    figures = run_tool(command, cores()[0])
    return measurement(figures), figures["runtime"]


def place(server, is_apart):
    """Chooses cores for the server and returns the one for the client.

    They share a core unless they are to be apart: then the client has the last core for itself and the server
    has the others. Left free, the kernel does now one, now the other, and the difference is larger than what
    is measured: on a virtual machine it can cost ten times a request to wake up the other core.
    """
    available = cores()
    if is_apart:
        server.keep_on(set(available[:-1]))
        return available[-1]
    server.keep_on({available[0]})
    return available[0]


def measure_load(tools, server, client, connections, seconds, request, reply, is_apart):
    """Sends `request` over `connections` for `seconds`; each reply must be `reply`, byte for byte."""
    request_file, reply_file = server.folder / "request", server.folder / "reply"
    request_file.write_bytes(request)
    reply_file.write_bytes(reply)
    is_apart = is_apart and len(cores()) > 1
    core = place(server, is_apart)
    before = cpu_seconds(client)
    command = [tools / "load", server.socket, connections, seconds, request_file, reply_file]
    figures = run_tool([*command, "poll"] if is_apart else command, core)
    used = cpu_seconds(client) - before
    return measurement(figures, used * 1e6 / figures["count"])
