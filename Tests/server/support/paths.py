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

SERVER = os.environ.get("REDISAI_SERVER") or "redis-server"
SERVER_62 = str(chosen("REDISAI_SERVER_62", "build/servers/redis-6.2/redis-server"))
SERVER_8 = str(chosen("REDISAI_SERVER_8", "build/servers/redis-8/redis-server"))
