"""Servers with hooks, in tests: one for all tests of a file, and what they ask of it."""

import pytest
import redis

from . import paths
from .flow_servers import FLOWS, entries, started

# Long enough for any machine; what is to take too long never ends.
PATIENT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "5000")


def words(binary):
    """Those of the module; flows on old servers need leave to call them."""
    return (*PATIENT, "ALLOW_UNCHECKED_SCRIPTS", "yes") if binary == paths.SERVER_62 else PATIENT


@pytest.fixture(scope="module")
def kept_server():
    with started(words=PATIENT) as server:
        yield server


@pytest.fixture
def server(kept_server):
    """A server without registrations."""
    client = kept_server.client()
    for fields in entries(kept_server):
        assert client.execute_command("RG.UNREGISTER", fields[b"id"]) == b"OK"
    client.flushall()
    return kept_server


def refused(server, *words):
    with pytest.raises(redis.ResponseError) as caught:
        server.client().execute_command(*words)
    return str(caught.value)
