"""The Python examples of the README do what it says, and it names what is installed."""

import re
import subprocess
import sys

import pytest

from support import paths

README = (paths.ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_examples_are_found():
    assert len(EXAMPLES) == README.count("```python") >= 3


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_prints_what_stands_beside_it(start_server, number):
    """What `print` prints stands behind it as a comment."""
    expected = re.findall(r"^print\(.*\)  # (.*)$", EXAMPLES[number], re.MULTILINE)
    assert len(expected) == EXAMPLES[number].count("print(") > 0
    assert EXAMPLES[number].count("port=6379") == 1
    program = EXAMPLES[number].replace("port=6379", f"port={start_server(tcp=True).port}")
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == expected


def test_the_clients_are_of_the_versions_that_are_tested():
    section = README.split("\n## Clients\n")[1].split("\n## ")[0]
    for kind, client in (("test", "redis"), ("redis5", "redis"), ("redisai", "redisai")):
        pinned = (paths.ROOT / "Scripts" / f"requirements-{kind}.txt").read_text()
        [version] = re.findall(rf"^{client}==(\S+)$", pinned, re.MULTILINE)
        assert re.search(rf"^\| {client}-py.* {re.escape(version)}\b", section, re.MULTILINE)
