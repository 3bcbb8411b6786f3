"""Debian's redis-server.service as near as a test comes to it: restrictions, user, `make install`."""

import os
import pathlib
import pwd
import shutil
import subprocess
import sys

from . import paths, sandbox

PROGRAM = [sys.executable, pathlib.Path(sandbox.__file__).absolute()]
# What each restriction is called, and the options that make it. The last two lines are for root only.
CALLS = ["--service-calls"]
CODE = ["--no-new-code", "mdwe" if sandbox.has_mdwe() else "filter"]


def user():
    """The service's user; on machines without Debian's package, one that owns nothing either."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("redis", "nobody") if name in names)


def server_program():
    return shutil.which(paths.SERVER)


def places(installed):
    """Code runs from the server's own file and from libraries; its folder alone can be written to."""
    hidden = [path for path in ("/home", "/root") if os.path.isdir(path)]
    return ["--programs", server_program(), "/usr/lib", "/lib", installed.libraries, "--writable", "{folder}",
            "--hidden", *hidden]


def restrictions(installed):
    """The restrictions by name, each by itself and all together."""
    return {
        "calls": CALLS, "code": CODE, "places": places(installed),
        "all": [*CALLS, *CODE, *places(installed)]}


class Installation:
    """What `make install` lays below a folder that everybody may read."""

    def __init__(self, folder, backends="all", **variables):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        # Open files below `usr/lib` are in use by servers under the restrictions above.
        self.libraries = self.folder / "usr/lib"
        self.variables = {
            "PREFIX": self.folder / "usr", "SYSCONFDIR": self.folder / "etc", "BACKENDS": backends,
            **variables}
        self.text = self.make("install")

    def make(self, target):
        """What make prints for a target."""
        done = subprocess.run(
            ["make", "--no-print-directory", "-C", paths.ROOT, target,
             *(f"{name}={value}" for name, value in self.variables.items())],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def fragment(self):
        """The lines for redis.conf."""
        return self.folder / "etc/redis/redisai.conf"


def environment():
    """Without what a make around this one would hand down."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def launch_options(words):
    """What RedisServer is to be given for a server under restrictions, as the service's user."""
    return {
        "binary": server_program(), "module": False, "owner": user(),
        "launcher": [*PROGRAM, *words, "--user", user(), "--"]}
