"""Runs cases of one kind, one after the other, and keeps what goes wrong."""

import dataclasses
import subprocess
import time

from support.servers import RedisServer

from .findings import Findings
from .pinger import LONG_SECONDS
from .sending import Trouble, send
from .watch import Watch

# A run that takes longer is stopped, so that a case that asks for an endless one costs this only.
MODULE_WORDS = ["MODEL_EXECUTION_TIMEOUT", 1000, "THREADS_PER_QUEUE", 2, "BACKEND_MEMORY_LIMIT", 2000]
# For a server's last words.
END_SECONDS = 30
SETTINGS = ["maxmemory 2gb", "proto-max-bulk-len 64mb", "slowlog-max-len 4"]


@dataclasses.dataclass
class Result:
    """What a campaign has done."""

    cases: int = 0
    commands: int = 0
    seconds: float = 0.0
    restarts: int = 0
    # The longest that a PING of another client waited for the server, in seconds.
    worst_ping: float = 0.0


class Campaign:
    """One server, and the cases that are sent to it.

    `first` are commands that are sent to each server before its first case and must be answered by OK.
    """

    def __init__(self, folder, words=(), first=(), judges_pings=True):
        self.findings = Findings(folder)
        self.first = first
        self.judges_pings = judges_pings
        self.result = Result()
        self.server = RedisServer(settings=SETTINGS, words=[*MODULE_WORDS, *words])
        self.watch = None
        self.recent = []
        self.is_judging = False
        self.judged = None

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, *_):
        self.end()
        self.server.remove()

    def begin(self):
        self.server.log_path.unlink(missing_ok=True)
        self.server.start()
        self.open_runtimes()
        self.watch = Watch(self.server)

    def open_runtimes(self):
        """Stores a model for each runtime, since to open its library is no part of any case."""
        with self.server.wire() as connection:
            for words in self.first:
                reply = connection.call(*words)
                if reply != b"+OK\r\n":
                    raise RuntimeError(f"{words[:3]}: {reply!r}")

    def end(self):
        self.listen()
        self.watch.end()
        if self.server.alive():
            self.server.kill()

    def restart(self):
        self.end()
        self.result.restarts += 1
        self.begin()

    def run(self, case):
        """Sends one case; whatever goes wrong is kept, and the next case finds a server that is well."""
        start = time.monotonic()
        trouble = self.trouble_of(case)
        self.result.cases += 1
        self.result.commands += case.command_count
        self.result.seconds += time.monotonic() - start
        self.recent = [*self.recent[-500:], (start, case)]
        if trouble is None:
            self.listen()
            if not self.server.alive():
                self.restart()
            return None
        finding = self.findings.keep(case, trouble.kind, str(trouble), self.server.log_tail(400))
        self.restart()
        return finding

    def trouble_of(self, case):
        """Sends one case and says what went wrong, or None."""
        try:
            with self.server.wire() as connection:
                if connection.call("FLUSHALL") != b"+OK\r\n":
                    return Trouble("replies", "FLUSHALL was refused")
            send(self.server.socket_path, case)
        except Trouble as trouble:
            return trouble
        except OSError as error:
            return self.why_closed(error)
        return None if self.server.alive() else Trouble("death", self.server.trouble())

    def why_closed(self, error):
        """What to say of a connection that ended: a server that dies writes a report, which takes time."""
        try:
            self.server.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return Trouble("closed", str(error))
        return Trouble("death", self.server.trouble())

    def listen(self):
        """Takes what the pinging process has seen."""
        for report in self.watch.reports():
            if "memory" in report:
                self.keep_late(report, "memory", f"the server uses {report['memory'] >> 20} MiB")
                if self.server.alive():
                    self.server.kill()
                continue
            self.result.worst_ping = max(self.result.worst_ping, report["blocked"])
            if self.judges_pings and report["blocked"] > LONG_SECONDS:
                self.judge(report)

    def judge(self, report):
        """Keeps a case during which a PING waited for long, if it does so again: once may be the machine."""
        case = self.case_of(report)
        if case is None or self.is_judging or not self.server.alive():
            self.judged = case
            return
        self.is_judging, self.judged = True, None
        self.trouble_of(case)
        self.listen()
        self.is_judging = False
        if self.judged is not None:
            self.keep_late(
                report, "ping", f"a PING waited {report['waited'] * 1e3:.0f} ms, "
                f"{report['blocked'] * 1e3:.0f} of them for the server, and again when the case was repeated")

    def case_of(self, report):
        """The case that was sent when something was seen: the last that began before."""
        end = report["start"] + report.get("waited", 0)
        earlier = [case for start, case in self.recent if start < end]
        return earlier[-1] if earlier else None

    def keep_late(self, report, kind, text):
        """Keeps what was seen while a case ran that may have ended by now."""
        case = self.case_of(report)
        if case is not None:
            self.findings.keep(case, kind, text, self.server.log_tail(100))
