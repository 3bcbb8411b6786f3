"""Clusters of servers of this machine."""

import re

from .servers import free_port, wait_until

# The cluster's bus takes the port 10,000 above the server's.
HIGHEST_PORT = 50_000
SLOT_COUNT = 16_384


def start_node(start_server, settings=(), **options):
    """Starts a server of a cluster at a port of its own, without slots, and returns it with the port."""
    for _ in range(5):
        port = next(port for port in iter(free_port, 0) if port < HIGHEST_PORT)
        try:
            server = start_server(settings=["cluster-enabled yes", f"port {port}", *settings], **options)
            return server, port
        except RuntimeError as error:
            if "in use" not in str(error) and "bind" not in str(error):
                raise
    raise RuntimeError("no port for a server of a cluster is free")


def start_cluster(start_server, **options):
    """Starts the smallest cluster, one server that has all slots, and returns it with its port."""
    server, port = start_node(start_server, **options)
    client = server.client()
    client.execute_command("CLUSTER", "ADDSLOTS", *range(SLOT_COUNT))
    wait_until(lambda: is_well(client), what="the cluster")
    return server, port


def is_well(client):
    return b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO")


class Cluster:
    """Primaries with the same number of slots each, in order, and one replica of the first.

    `primaries` and `replica` are servers; `ports` has the port of each, by its name.
    """

    def __init__(self, start_server, primary_count=3, **options):
        settings = [
            # A replica takes over when it is told to, not because the machine is busy.
            "cluster-node-timeout 600000", "cluster-require-full-coverage no", "cluster-migration-barrier 9"]
        nodes = [start_node(start_server, settings, **options) for _ in range(primary_count + 1)]
        servers = [server for server, _ in nodes]
        self.primaries, self.replica = servers[:-1], servers[-1]
        self.names = [server.client().execute_command("CLUSTER", "MYID").decode() for server in servers]
        self.ports = dict(zip(self.names, [port for _, port in nodes]))
        for number, server in enumerate(self.primaries):
            server.client().execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            server.client().execute_command("CLUSTER", "ADDSLOTS", *self.slots(number))
        for server in servers[1:]:
            server.client().execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0][1])
        wait_until(lambda: all(self._known(server) == len(servers) for server in servers), what="the nodes")
        wait_until(lambda: self._is_followed(self.names[0]), what="the replica")
        wait_until(lambda: all(is_well(server.client()) for server in servers), what="the cluster")
        wait_until(lambda: all(self.shard_count(server) == primary_count for server in servers),
                   what="the slots at each node")

    def slots(self, number):
        """The slots of a primary at first, by its number from 0."""
        count = len(self.primaries)
        return range(SLOT_COUNT * number // count, SLOT_COUNT * (number + 1) // count)

    def port(self, server):
        return self.ports[self.names[[*self.primaries, self.replica].index(server)]]

    def fail_over(self):
        """The replica takes the place of the first primary, and all know it."""
        # Without a vote, for which the first primary had to be there.
        self.replica.client().execute_command("CLUSTER", "FAILOVER", "TAKEOVER")
        port = self.port(self.replica)
        living = [server for server in (*self.primaries, self.replica) if server.alive()]
        wait_until(lambda: all(port in self.primary_ports(server) for server in living), what="the failover")

    def move_slot(self, slot, target):
        """Gives a slot of the first primary, without keys, to another one."""
        name = self.names[self.primaries.index(target)]
        target.client().execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", self.names[0])
        for server in (target, *self.primaries):
            server.client().execute_command("CLUSTER", "SETSLOT", slot, "NODE", name)

    def _known(self, server):
        info = server.client().execute_command("CLUSTER", "INFO")
        return int(re.search(rb"cluster_known_nodes:(\d+)", info).group(1))

    def _is_followed(self, name):
        """Tells the replica to follow, which it does when it knows that primary."""
        client = self.replica.client()
        if client.info("replication")["role"] == "master":
            try:
                client.execute_command("CLUSTER", "REPLICATE", name)
            except Exception:
                return False
        return client.info("replication")["master_link_status"] == "up"

    @staticmethod
    def primary_ports(server):
        """The ports of those that have slots, as a server sees them."""
        reply = server.client().execute_command("CLUSTER", "SLOTS")
        entries = reply.values() if isinstance(reply, dict) else [dict(primary=entry[2]) for entry in reply]
        return {entry["primary"][1] for entry in entries}

    @classmethod
    def shard_count(cls, server):
        return len(cls.primary_ports(server))
