"""The queue of a device, as AI.STATS tells of it."""


def pairs(reply):
    """Names and values by turns as a dictionary."""
    return {name.decode(): content for name, content in zip(reply[::2], reply[1::2])}


def queue(server, device="CPU"):
    """What AI.STATS tells of a device's queue."""
    queues = map(pairs, pairs(server.client().execute_command("AI.STATS"))["queues"])
    return next(told for told in queues if told["device"] == device.encode())


def waiting_for(server, device="CPU"):
    """How many requests wait for a device."""
    return queue(server, device)["waiting"]
