"""The tests of the clients once more with redis-py 5, in a Python of its own: one holds a single version."""

import os
import pathlib
import subprocess
import sys

import pytest

from support import paths

HERE = pathlib.Path(__file__).parent
FILES = ["test_client_redis.py", "test_client_redisai.py", "test_readme.py"]


@pytest.mark.parametrize("file", FILES)
def test_the_tests_of_a_client_pass(file):
    assert (paths.REDIS_PY_5 / "redis").is_dir(), f"{paths.REDIS_PY_5} is not there: type `make python`"
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(HERE / file)], cwd=paths.ROOT,
        env={**os.environ, "PYTHONPATH": str(paths.REDIS_PY_5)}, capture_output=True, text=True, check=False)
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "\nredis-py 5." in tests.stdout
