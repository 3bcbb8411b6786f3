"""Flows of a shard of a cluster: its tag follows its slots, and keys of other shards are refused."""

import pytest
import redis

from support import flows
from support.clusters import SLOT_COUNT, Cluster, start_cluster
from support.models import set_tensor, store
from support.redisai_flows import failure, script, trigger

TAG = "GB('CommandReader').map(lambda r: hashtag()).register(trigger='t')"
ELSEWHERE = "Given key is not in the current shard"


@pytest.fixture(scope="module")
def cluster(start_file_server):
    """A cluster that the tests of this file share; they change nothing of it."""
    return Cluster(start_file_server, words=flows.WORDS)


def slot_of_tag(client):
    [tag] = trigger(client)
    return client.execute_command("CLUSTER", "KEYSLOT", b"{%s}" % tag)


def key_of(cluster, number):
    """A key in the slots of a primary."""
    client, slots = cluster.primaries[0].client(), cluster.slots(number)
    return next(key for key in map("k{}".format, range(SLOT_COUNT))
                if client.execute_command("CLUSTER", "KEYSLOT", key) in slots)


# The tag

def test_each_shard_has_a_tag_of_its_lowest_slot(cluster):
    for number, server in enumerate(cluster.primaries):
        script(server.client(), TAG)
        assert slot_of_tag(server.client()) == cluster.slots(number)[0]


def test_a_replica_has_the_tag_of_its_shard(cluster):
    script(cluster.primaries[0].client(), TAG)
    replica = cluster.replica.client()
    flows.wait_until(lambda: flows.registrations(replica), what="the session on the replica")
    assert slot_of_tag(replica) == 0


def test_the_tag_follows_slots_that_move(start_server):
    server, _ = start_cluster(start_server, words=flows.WORDS)
    client = server.client()
    client.config_set("cluster-require-full-coverage", "no")
    script(client, TAG)
    assert slot_of_tag(client) == 0
    client.execute_command("CLUSTER", "DELSLOTS", *range(70))
    assert slot_of_tag(client) == 70
    client.execute_command("CLUSTER", "ADDSLOTS", 7)
    assert slot_of_tag(client) == 7


def test_the_tag_follows_a_slot_to_another_shard(start_server):
    cluster = Cluster(start_server, words=flows.WORDS)
    clients = [server.client() for server in cluster.primaries]
    for client in clients:
        script(client, TAG)
    cluster.move_slot(0, cluster.primaries[2])
    assert [slot_of_tag(client) for client in clients] == [1, cluster.slots(1)[0], 0]


# Keys of other shards

@pytest.mark.parametrize("call", [
    "getTensorFromKey({!r})", "mgetTensorsFromKeyspace([{!r}])",
    "setTensorInKey({!r}, createTensorFromValues('FLOAT', [1], [1.0]))",
    "msetTensorsInKeyspace({{{!r}: createTensorFromValues('FLOAT', [1], [1.0])}})",
    "createModelRunner({!r})", "createScriptRunner({!r}, 'f')"])
def test_a_key_of_another_shard_is_refused(cluster, call):
    assert ELSEWHERE in failure(cluster.primaries[0].client(), call.format(key_of(cluster, 1)))


def test_no_tensor_is_stored_if_one_belongs_elsewhere(cluster):
    client, own = cluster.primaries[0].client(), key_of(cluster, 0)
    setup = "t = createTensorFromValues('FLOAT', [1], [1.0])\n"
    text = failure(client, f"msetTensorsInKeyspace({{{own!r}: t, {key_of(cluster, 1)!r}: t}})", setup)
    assert ELSEWHERE in text and not client.exists(own)


def test_a_command_with_a_key_of_another_shard_is_refused(cluster):
    client, key = cluster.primaries[0].client(), key_of(cluster, 1)
    assert "non local key" in failure(client, f"execute('SET', {key!r}, 1)") or \
        "Operation not permitted" in failure(client, f"execute('SET', {key!r}, 1)")
    with pytest.raises(redis.ResponseError, match="MOVED"):
        client.execute_command("RG.TRIGGERONKEY", "t", key)


def test_own_keys_serve_flows(cluster):
    client, own = cluster.primaries[0].client(), key_of(cluster, 0)
    model, output = f"m{{{own}}}", f"y{{{own}}}"
    set_tensor(client, own, "FLOAT", [[1, 2], [3, 4]])
    store(client, model, "mul_2x2")
    script(client, f"""
from redisAI import *
def multiply(words):
    x, runner = getTensorFromKey({own!r}), createModelRunner({model!r})
    modelRunnerAddInput(runner, 'a', x)
    modelRunnerAddInput(runner, 'b', x)
    modelRunnerAddOutput(runner, 'mul')
    setTensorInKey({output!r}, modelRunnerRun(runner)[0])
    return 'done'
GB('CommandReader').map(multiply).register(trigger='t')
""")
    assert trigger(client) == [b"done"]
    assert client.execute_command("AI.TENSORGET", output, "VALUES") == [b"1", b"4", b"9", b"16"]
