"""Records of executions: many of them, and odd ones."""


def test_steps_of_c_are_aborted_between_records(flows):
    """No code of Python runs there, in which an exception could come."""
    script = flows.script("""
import time
GB('CommandReader').flatmap(lambda r: [0.001] * 1_000_000).map(time.sleep).register(trigger='sleeps')
GB('CommandReader').register(trigger='t')
""")
    # All threads that the session may have.
    sleeping = [flows.start(script, 0, [b"t"]) for _ in range(3)]
    assert flows.ping(1) >= 0
    for ended in sleeping:
        flows.abort(ended)
        assert ended.wait().status == "aborted"
    assert flows.trigger(script, index=1).results == [b"['trigger']"]


def test_long_lists_of_records_hold_no_message(flows):
    """Records that only pass functions of C, and their replies."""
    script = flows.script("""
GB('CommandReader').flatmap(lambda r: [1.5] * 3_000_000).map(abs).count().register(trigger='t')
""")
    ended = flows.start(script, 0, [b"t"])
    pings = 0
    while not ended.has_ended():
        flows.ping(pings + 1)
        pings += 1
    assert ended.results == [b"3000000"]
    # Each was answered within the work.
    assert pings > 3


def test_a_record_that_is_a_coroutine_is_not_awaited(flows):
    script = flows.script("""
async def f():
    return 1
made = [f(), f()]
GB('CommandReader').flatmap(lambda r: made).foreach(lambda r: None).map(lambda r: made.index(r)).register(
    trigger='t')
""")
    assert flows.trigger(script).results == [b"0", b"1"]
