"""The smallest cluster: one server that has all slots."""

from .servers import free_port, wait_until

# The cluster's bus takes the port 10,000 above the server's.
HIGHEST_PORT = 50_000


def start_cluster(start_server, **options):
    """Starts such a server at a port of its own, and returns it with the port."""
    port = next(port for port in iter(free_port, 0) if port < HIGHEST_PORT)
    server = start_server(settings=["cluster-enabled yes", f"port {port}"], **options)
    client = server.client()
    client.execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
    wait_until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"), what="the cluster")
    return server, port
