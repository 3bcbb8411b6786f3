"""Servers that follow others."""

from .servers import wait_until


def follow(replica, master):
    """Makes one server the replica of another and waits until it has everything."""
    replica.client().execute_command("REPLICAOF", "127.0.0.1", master.port)
    wait_until(lambda: replica.field("replication", "master_link_status") == "up", what="the replication")


def caught_up(master, replica):
    """Waits until the replica has all that the master has written."""
    written = int(master.field("replication", "master_repl_offset"))
    wait_until(
        lambda: int(replica.field("replication", "slave_repl_offset")) >= written,
        what="the replica's offset")
