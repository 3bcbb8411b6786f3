"""redis-py clients that keep an error's text whole: redis-py itself drops the leading `ERR `."""

import redis
from redis._parsers import _RESP2Parser, _RESP3Parser
from redis.backoff import NoBackoff
from redis.retry import Retry

from . import patience

class WholeErrors:
    """A parser whose errors hold the text as the server sent it."""

    @classmethod
    def parse_error(cls, response):
        return redis.ResponseError(response)


class RESP2Parser(WholeErrors, _RESP2Parser):
    """RESP2 with whole error texts."""


class RESP3Parser(WholeErrors, _RESP3Parser):
    """RESP3 with whole error texts."""


def connect(path, database=0, protocol=2):
    """A client of the server at a unix socket.

    It returns bytes, never sends a command a second time, and gives up on a reply after a long time.
    """
    pool = redis.ConnectionPool(
        connection_class=redis.UnixDomainSocketConnection,
        path=str(path),
        db=database,
        protocol=protocol,
        parser_class=RESP3Parser if protocol == 3 else RESP2Parser,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=patience.SECONDS,
    )
    return redis.Redis(connection_pool=pool)


def ordinary(server, protocol):
    """A client of a running server as programs make it: with the parser of redis-py."""
    return redis.Redis(
        unix_socket_path=str(server.socket_path), protocol=protocol, socket_timeout=patience.SECONDS)


def refusal(client, *words):
    """The text of the error that a command gives, or None if it gives none."""
    try:
        client.execute_command(*words)
    except redis.ResponseError as error:
        return str(error)
    return None
