#!/usr/bin/env python3
"""All runtimes under load on hosts that deny things: under each restriction of Debian's redis-server.service
and under all of them together, as the service's user and from `make install`. Needs root.

Each restriction has a server of its own, under the load of `all_runtimes.py`: every value of every reply is
checked, and memory has to be flat. Halfway, the server saves, ends and starts again.
"""

import argparse
import functools
import os
import shutil
import sys
import tempfile

from server import ROOT, Server
from soak import soak

sys.path.insert(0, str(ROOT / "Tests/server"))

from support import service  # noqa: E402

from all_runtimes import CLIENTS_PER_RUNTIME, FILES, Client, store  # noqa: E402


class ServiceServer(Server):
    """A server as the service's user, under restrictions, with the lines of `make install`."""

    def __init__(self, installed, words):
        super().__init__(service.server_program())
        configuration = self.folder / "redis.conf"
        shutil.copyfile(installed.fragment, configuration)
        words = [str(word).format(folder=self.folder) for word in words]
        self.command = [
            *map(str, service.PROGRAM), *words, "--user", service.user(), "--", self.program,
            str(configuration), *self.command[1:]]
        for place in (self.folder, configuration):
            shutil.chown(place, service.user())

    def restart(self):
        """Saves, ends and starts again."""
        with self.client() as client:
            client.save()
        self.process.terminate()
        self.process.wait()
        self.__enter__()


def survive(installed, name, words, minutes):
    """Serves for half of the time, restarts, and serves for the rest; True if all is met."""
    print(f"=== {name}", flush=True)
    makers = [
        functools.partial(Client, runtime=runtime, number=number)
        for runtime in FILES for number in range(CLIENTS_PER_RUNTIME)]
    with ServiceServer(installed, words) as server:
        with server.client() as client:
            for runtime in FILES:
                store(client, runtime)
            met = soak(server, client, minutes / 2, makers)
        server.restart()
        with server.client() as client:
            return soak(server, client, minutes / 2, makers) and met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for each restriction")
    parser.add_argument("--only", help="one restriction: calls, code, places or all")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("only root becomes another user and mounts: type sudo make soak")
    with tempfile.TemporaryDirectory(prefix="redisai-soak-") as folder:
        installed = service.Installation(folder)
        chosen = service.restrictions(installed)
        names = [options.only] if options.only else list(chosen)
        met = {name: survive(installed, name, chosen[name], options.minutes) for name in names}
    for name, is_met in met.items():
        print(f"{'met' if is_met else 'NOT MET'}: {name}")
    raise SystemExit(0 if all(met.values()) else 1)


if __name__ == "__main__":
    main()
