"""Tools/python: flows on all primaries of a cluster, by redis-py."""

import asyncio
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster

from support import flows as support
from support.clusters import Cluster
from support.servers import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tools/python"))

from redisai_flows_client import (  # noqa: E402  (its folder has to be known first)
    AsyncFlows, Flows, ShardsError)

MODULE_WORDS = support.WORDS
ECHO = "GB('CommandReader').map(lambda words: ' '.join(words[1:])).register(trigger='echo')"
KEEP = "GB('CommandReader').map(lambda words: execute('SET', words[1], words[2])).register(trigger='keep')"
TAKEN = "GB('CommandReader').register(trigger='echo')"


@pytest.fixture(scope="module")
def shared(start_file_server):
    return Cluster(start_file_server, words=support.WORDS)


@pytest.fixture
def cluster(shared):
    """A cluster that the tests share, without flows."""
    yield shared
    for server in shared.primaries:
        support.clear(server.client())


@pytest.fixture
def flows(cluster):
    with connected(cluster) as client:
        yield Flows(client)


def connected(cluster):
    return redis.RedisCluster("127.0.0.1", cluster.port(cluster.primaries[1]), decode_responses=True)


def names(cluster):
    return {f"127.0.0.1:{cluster.port(server)}" for server in cluster.primaries}


def on_each(cluster, value):
    return dict.fromkeys(names(cluster), value)


# On all

def test_a_flow_is_registered_and_called_on_each_primary(cluster, flows):
    outcome = flows.register(ECHO, id="echo")
    assert outcome.succeeded and outcome.results == on_each(cluster, "OK") and outcome.count == 3
    assert flows.trigger("echo", "a", 1).results == on_each(cluster, ["a 1"])
    assert flows.trigger("echo", "b").values() == 3 * [["b"]]


def test_the_options_are_passed_on(cluster, flows):
    flows.register(ECHO, id="a", description="some words", requirements=["pip"]).raise_for_errors()
    session, = support.sessions(cluster.primaries[2].client())
    assert session["sessionDescription"] == b"some words" and session["requirements"] == [b"pip"]
    assert flows.register(ECHO, id="a", upgrade=True).succeeded
    assert flows.register(ECHO, id="b", replace_with="a").succeeded
    assert [session["ID"] for session in support.sessions(cluster.primaries[0].client())] == [b"b"]


def test_a_script_that_runs_is_answered_by_each(cluster, flows):
    assert flows.register("GB('ShardsIDReader').count().run()").results == on_each(cluster, [["1"], []])


def test_a_flow_is_taken_back_everywhere(cluster, flows):
    flows.register(ECHO + "\n" + KEEP, id="both").raise_for_errors()
    assert flows.unregister_everywhere("both").results == on_each(cluster, 2)
    assert set(map(str, flows.trigger("echo").errors.values())) == {"subcommand not found"}
    assert flows.unregister_everywhere("both").results == on_each(cluster, 0)


def test_requirements_are_a_list(flows):
    with pytest.raises(TypeError, match="several texts"):
        flows.register(ECHO, requirements="pip")


# Errors of some

def test_a_partial_registration_is_told_and_taken_back(cluster, flows):
    server = cluster.primaries[1]
    support.script(server.client(), TAKEN)
    outcome = flows.register(ECHO, id="echo")
    failed = f"127.0.0.1:{cluster.port(server)}"
    assert set(outcome.errors) == {failed} and set(outcome.results) == names(cluster) - {failed}
    with pytest.raises(ShardsError, match=f"1 of 3 shards failed: {failed}: .*already registered") as caught:
        outcome.raise_for_errors()
    assert caught.value.outcome is outcome
    assert flows.unregister_everywhere("echo").results == on_each(cluster, 1) | {failed: 0}


def test_an_error_of_a_trigger_is_its_shards(cluster, flows):
    node = cluster.names[2]
    flows.register("def f(words):\n    if words[1] == execute('CLUSTER', 'MYID'):\n"
                   "        flat_error('not here')\n    return 'here'\n"
                   "GB('CommandReader').map(f).register(trigger='f')", id="f").raise_for_errors()
    outcome = flows.trigger("f", node)
    failed = f"127.0.0.1:{cluster.ports[node]}"
    assert list(outcome.results.values()) == 2 * [["here"]]
    assert {shard: str(error) for shard, error in outcome.errors.items()} == {failed: "not here"}


def test_a_primary_that_ends_during_a_call_is_named(start_server):
    """The other shards' results are kept, and the replica is asked the next time."""
    cluster = Cluster(start_server, words=support.WORDS)
    lost = cluster.primaries[0]
    with connected(cluster) as client:
        flows = Flows(client)
        flows.register(ECHO, id="echo").raise_for_errors()
        wait_until(lambda: support.registrations(cluster.replica.client()), what="the session on the replica")
        flows.register("import time\nNODE = execute('CLUSTER', 'MYID')\n"
                       "GB('CommandReader').map(lambda w: time.sleep(3600 if w[1] == NODE else 0) or 'a')"
                       ".register(trigger='wait')", id="wait").raise_for_errors()
        with ThreadPoolExecutor() as pool:
            call = pool.submit(flows.trigger, "wait", cluster.names[0])
            wait_until(lambda: support.executions(lost.client()), what="the execution that waits")
            lost.kill()
            outcome = call.result()
        name = f"127.0.0.1:{cluster.port(lost)}"
        assert list(outcome.results.values()) == 2 * [["a"]] and set(outcome.errors) == {name}
        with pytest.raises(ShardsError, match=f"1 of 3 shards failed: {name}: ConnectionError"):
            outcome.values()
        # Nobody has taken its place yet.
        assert set(flows.trigger("echo", "a").errors) == {name}
        cluster.fail_over()
        again = flows.trigger("echo", "b")
        assert again.succeeded and f"127.0.0.1:{cluster.port(cluster.replica)}" in again.results
        assert again.values() == 3 * [["b"]]


# By key

def test_a_trigger_goes_to_the_shard_of_its_key(cluster, flows):
    flows.register(KEEP, id="keep").raise_for_errors()
    for number in range(20):
        assert flows.trigger_on_key("keep", f"key {number}", number) == ["OK"]
        assert flows._client.get(f"key {number}") == str(number)
    assert all(server.client().dbsize() for server in cluster.primaries)


def test_a_key_is_followed_to_another_shard(start_server):
    cluster = Cluster(start_server, words=support.WORDS)
    with connected(cluster) as client:
        flows = Flows(client)
        flows.register(KEEP, id="keep").raise_for_errors()
        key = "k2"
        slot = client.keyslot(key)
        assert slot in cluster.slots(0)
        assert flows.trigger_on_key("keep", key, 1) == ["OK"]
        client.delete(key)
        cluster.move_slot(slot, cluster.primaries[2])
        assert flows.trigger_on_key("keep", key, 2) == ["OK"]
        assert cluster.primaries[2].client().get(key) == b"2"


# Of one server, and of asyncio

def test_one_server_is_one_shard(server, client, no_flows_left):
    flows = Flows(redis.Redis(unix_socket_path=str(server.socket_path), protocol=2))
    assert flows.register(ECHO, id="echo").results == {str(server.socket_path): b"OK"}
    assert flows.trigger("echo", "a").values() == [[b"a"]]
    assert flows.trigger_on_key("echo", "key") == [b"key"]
    assert flows.unregister_everywhere("echo").values() == [1]


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio_does_the_same(cluster, protocol):
    async def use():
        async with AsyncRedisCluster(
                "127.0.0.1", cluster.port(cluster.primaries[0]), protocol=protocol) as client:
            flows = AsyncFlows(client)
            (await flows.register(ECHO, id="echo")).raise_for_errors()
            echoed = await flows.trigger("echo", "a")
            by_key = await flows.trigger_on_key("echo", "key")
            missing = await flows.trigger("none")
            removed = await flows.unregister_everywhere("echo")
            return echoed.results, by_key, len(missing.errors), removed.results
    assert asyncio.run(use()) == (on_each(cluster, [b"a"]), [b"key"], 3, on_each(cluster, 1))


def test_asyncio_serves_one_server(server, client, no_flows_left):
    async def use():
        async with AsyncRedis(unix_socket_path=str(server.socket_path), protocol=3) as client:
            flows = AsyncFlows(client)
            (await flows.register(ECHO, id="echo")).raise_for_errors()
            echoed = await flows.trigger("echo", "a")
            return echoed.results, (await flows.unregister_everywhere("echo")).values()
    assert asyncio.run(use()) == ({str(server.socket_path): [b"a"]}, [1])
