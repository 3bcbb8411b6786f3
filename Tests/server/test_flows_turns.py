"""What flows do belongs to the turn of the event loop in which it was caused, whatever timers there are."""

import threading

from support.flow_servers import register, started

# Timers of the server come and go: batches that are never full.
BUSY = """
GB('StreamReader').count().register('s*', batch=1000, duration=2)
GB('KeysReader').foreach(lambda r: execute('SET', 'copy', r['value'])).register('now', mode='sync')
async def later(words):
    return await executeAsync('INCR', words[1])
GB('CommandReader').map(later).register(trigger='later')
"""
ROUNDS = 1500


def test_a_flow_of_mode_sync_has_ended_before_the_reply():
    with started(words=("FLOWS", "yes", "FLOWS_ATOMIC_LIMIT", 5000)) as server:
        register(server, BUSY)
        stop = threading.Event()

        def add(number):
            client = server.client()
            while not stop.is_set():
                client.xadd(f"s{number}", {"a": 1}, maxlen=10)
                client.execute_command("RG.TRIGGER", "later", "count")
        threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        try:
            client = server.client()
            late = 0
            for number in range(ROUNDS):
                client.set("now", number)
                late += client.get("copy") != str(number).encode()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert late == 0
