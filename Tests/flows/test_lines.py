"""How many lines flows may log."""

from redisai_flows.lines import MOST, Lines


def test_a_second_has_so_many_lines():
    now = 5.0
    lines = Lines(lambda: now)
    assert [lines.take() for _ in range(MOST)] == [0] * MOST
    assert [lines.take() for _ in range(3)] == [None] * 3
    now = 5.999
    assert lines.take() is None
    now = 6.0
    # What was left out is told once.
    assert [lines.take(), lines.take()] == [4, 0]


def test_what_is_too_much_is_left_out(flows):
    flows.script(f"for number in range({2 * MOST + 1}): log(str(number))\n"
                 "GB('CommandReader').register(trigger='t')")
    # A slow machine takes more than a second for it, and then some of the others are there, too.
    numbers = [int(text) for _, text in flows.log if text.isdigit()]
    assert numbers[:MOST] == list(range(MOST))
    assert numbers == sorted(set(numbers)) and len(numbers) <= 2 * MOST + 1
