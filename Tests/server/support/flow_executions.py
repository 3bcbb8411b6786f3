"""Executions in tests: some that have errors, some that never end."""

from .flows import executions, pairs, script
from .servers import wait_until

RUN = "GB('PythonReader').map(lambda r: 6 // r).run(lambda: iter([1, 2, 0, 3]))"
# Steps that end when they are aborted, and only then.
ENDLESS = {
    "a loop": "def f(r):\n    began()\n    while True: pass",
    "a loop of calls": "def f(r):\n    began()\n    while True: execute('PING')",
    "a loop that catches errors": """
def f(r):
    began()
    while True:
        try:
            execute('PING')
        except Exception:
            pass""",
    "a coroutine that sleeps": "async def f(r):\n    began()\n    await asyncio.sleep(1e6)",
    "a coroutine that waits for nothing": "async def f(r):\n    began()\n    await createFuture()",
    "a future of the step": "def f(r):\n    began()\n    return gearsFuture()",
    "a thread that is waited for": """
import threading
def f(r):
    began()
    event = threading.Event()
    while not event.wait(0.01): pass""",
}
BEGAN = "def began():\n    execute('INCR', 'began')\n"


def start(client, source, *options):
    """The ID of a script's `run`, which goes on by itself."""
    return script(client, source, "UNBLOCKING", *options)


def until_over(client, execution):
    wait_until(lambda: executions(client)[execution][0] in (b"done", b"aborted"), what="the end")


def status(client, execution):
    [entry] = client.execute_command("RG.GETEXECUTION", execution)
    return pairs(pairs(entry)["execution_plan"])


def endless(name):
    return BEGAN + ENDLESS[name]


def began(client, count=1):
    wait_until(lambda: int(client.get("began") or 0) >= count, what="the step")
