"""The tests that documents name are there."""

import pytest

from support import paths
from support.documents import claims, named_tests


@pytest.mark.parametrize("name", ["COMPATIBILITY.md", "SECURITY.md"])
def test_each_test_that_a_document_names_is_there(name):
    known = claims()
    named = named_tests((paths.ROOT / name).read_text())
    assert len(named) >= 60
    assert [(file, claim) for file, claim in named if claim not in known.get(file, ())] == []
