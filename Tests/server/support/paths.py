"""Where the tests find the module, the runtimes, the servers and the models.

Every place can be given by an environment variable; without one it is where `make` leaves it.
"""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]


def chosen(variable, default):
    """The path in the environment variable, or the default below the repository."""
    return pathlib.Path(os.environ.get(variable) or ROOT / default).absolute()


MODULE = chosen("REDISAI_MODULE", "build/redisai.so")
BACKENDS = chosen("REDISAI_BACKENDS", "build/backends")
REDIS_PY_5 = chosen("REDISAI_REDIS_PY_5", "build/redis-py-5")
MODELS = ROOT / "Tests" / "Fixtures" / "models"

# The server that most tests run on, and all that the module supports, by name: the oldest, Debian's, a recent
# one, and Valkey. Where a server was chosen, it alone is tested.
DEBIANS = "redis-server"
SERVER = os.environ.get("REDISAI_SERVER") or DEBIANS
SERVER_62 = str(chosen("REDISAI_SERVER_62", "build/servers/redis-6.2/redis-server"))
SERVER_8 = str(chosen("REDISAI_SERVER_8", "build/servers/redis-8/redis-server"))
SERVER_VALKEY = str(chosen("REDISAI_SERVER_VALKEY", "build/servers/valkey-9/valkey-server"))
ALL_SERVERS = {
    "redis-6.2": SERVER_62, "redis-7.0": DEBIANS, "redis-8": SERVER_8, "valkey-9": SERVER_VALKEY}
SERVERS = ALL_SERVERS if SERVER == DEBIANS else {"chosen": SERVER}
# Those of them on which a module can have settings, details of its commands and more.
NEWER_SERVERS = {name: path for name, path in SERVERS.items() if path != SERVER_62}
