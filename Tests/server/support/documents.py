"""What the documents say of tests."""

import re

from . import paths


def named_tests(text):
    """The file and the claim of each test named in a text as *file: claim*."""
    return re.findall(r"\*(\w[\w ]*): ([^*]+)\*", text)


def claims():
    """The claims of all server tests, by file."""
    return {
        path.stem.removeprefix("test_").replace("_", " "): {
            name.replace("_", " ")
            for name in re.findall(r"^def test_(\w+)\(", path.read_text(), re.MULTILINE)}
        for path in (paths.ROOT / "Tests" / "server").glob("test_*.py")}
