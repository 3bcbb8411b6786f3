"""Flows on all primaries, by a client of redis-py: of a cluster, or of one server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import RedisCluster

from . import words
from .outcome import Outcome

Send = Callable[..., Any]
# What a shard may fail with; anything else is a mistake of the caller's, and raised.
FAILURES = (redis.RedisError, OSError, asyncio.TimeoutError)


def _name(client: redis.Redis | redis.asyncio.Redis) -> str:
    """Of a server that is no part of a cluster."""
    place = client.connection_pool.connection_kwargs
    return str(place.get("path") or f"{place.get('host', 'localhost')}:{place.get('port', 6379)}")


class Flows:
    """Flows of a cluster, or of one server.

    Each call reads anew which primaries have slots, and asks all of them at the same time, each once; of a
    shard that cannot be reached there is an error in the outcome. Several threads may share this.
    """

    def __init__(self, client: redis.Redis | RedisCluster) -> None:
        self._client = client

    def register(
        self, script: str | bytes, *, id: str | None = None, upgrade: bool = False,
        replace_with: str | None = None, description: str | None = None, requirements: Iterable[str] = (),
    ) -> Outcome:
        """Runs a script on all primaries. Where some fail, the others keep what was registered.

        Name it by `id`: with `upgrade` it can be registered again, also where it is already, and
        `unregister_everywhere` finds it.
        """
        command = words.registration(script, id, upgrade, replace_with, description, requirements)
        return self._on_all(lambda send: send(*command))

    def trigger(self, name: str, *arguments: Any) -> Outcome:
        """Calls a trigger on all primaries; each result is the list of the shard's records."""
        return self._on_all(lambda send: send("RG.TRIGGER", name, *arguments))

    def trigger_on_key(self, name: str, key: str | bytes, *arguments: Any) -> Any:
        """Calls a trigger on the shard of a key; the list of its records. Raises what redis-py does."""
        return self._client.execute_command("RG.TRIGGERONKEY", name, key, *arguments)

    def unregister_everywhere(self, id: str) -> Outcome:
        """Removes what a session has registered, on all primaries; each result is how much that was."""
        def remove(send: Send) -> int:
            found = words.registrations(send("RG.PYDUMPSESSIONS", "SESSIONS", id), id)
            for registration in found:
                send("RG.UNREGISTER", registration)
            return len(found)
        return self._on_all(remove)

    def _shards(self) -> dict[str, Send]:
        """How commands are sent to each primary. Raises if no server tells of the cluster."""
        client = self._client
        if not isinstance(client, RedisCluster):
            return {_name(client): client.execute_command}
        client.nodes_manager.initialize()
        nodes = client.get_primaries()
        return {node.name: client.get_redis_connection(node).execute_command for node in nodes}

    def _on_all(self, call: Callable[[Send], Any]) -> Outcome:
        shards = self._shards()
        results, errors = {}, {}
        with ThreadPoolExecutor(max(1, len(shards))) as pool:
            futures = {shard: pool.submit(call, send) for shard, send in shards.items()}
        for shard, future in futures.items():
            try:
                results[shard] = future.result()
            except FAILURES as error:
                errors[shard] = error
        return Outcome(results, errors)


class AsyncFlows:
    """The same for clients of `redis.asyncio`."""

    def __init__(self, client: redis.asyncio.Redis | AsyncRedisCluster) -> None:
        self._client = client

    async def register(
        self, script: str | bytes, *, id: str | None = None, upgrade: bool = False,
        replace_with: str | None = None, description: str | None = None, requirements: Iterable[str] = (),
    ) -> Outcome:
        """See `Flows.register`."""
        command = words.registration(script, id, upgrade, replace_with, description, requirements)
        return await self._on_all(lambda send: send(*command))

    async def trigger(self, name: str, *arguments: Any) -> Outcome:
        """See `Flows.trigger`."""
        return await self._on_all(lambda send: send("RG.TRIGGER", name, *arguments))

    async def trigger_on_key(self, name: str, key: str | bytes, *arguments: Any) -> Any:
        """See `Flows.trigger_on_key`."""
        return await self._client.execute_command("RG.TRIGGERONKEY", name, key, *arguments)

    async def unregister_everywhere(self, id: str) -> Outcome:
        """See `Flows.unregister_everywhere`."""
        async def remove(send: Send) -> int:
            found = words.registrations(await send("RG.PYDUMPSESSIONS", "SESSIONS", id), id)
            for registration in found:
                await send("RG.UNREGISTER", registration)
            return len(found)
        return await self._on_all(remove)

    async def _shards(self) -> dict[str, Send]:
        client = self._client
        if not isinstance(client, AsyncRedisCluster):
            return {_name(client): client.execute_command}
        await client.initialize()
        await client.nodes_manager.initialize()
        return {node.name: node.execute_command for node in client.get_primaries()}

    async def _on_all(self, call: Callable[[Send], Awaitable[Any]]) -> Outcome:
        shards = await self._shards()
        answers = await asyncio.gather(*(call(send) for send in shards.values()), return_exceptions=True)
        results, errors = {}, {}
        for shard, answer in zip(shards, answers):
            if isinstance(answer, FAILURES):
                errors[shard] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                results[shard] = answer
        return Outcome(results, errors)
