"""Hooks whose Python process dies, hangs or is slow: the hooked command is answered all the same."""

import os
import signal

import pytest
import redis

from support.flow_process import states
from support.flow_servers import FLOWS, register, started
from support.flows import python_pid
from support.servers import wait_until

SHORT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "50")
PATIENT = (*FLOWS, "FLOWS_ATOMIC_LIMIT", "5000")
LOUD = "GB('CommandReader').map(lambda w: call_next(*w[1:]).upper()).register(hook='get', mode='sync')"
STUCK = """
def hook(words):
    while words[1] == 'stuck': pass
    return call_next(*words[1:])
GB('CommandReader').map(hook).register(hook='get', mode='sync')
"""
TOO_LONG = "the flow has held the server for longer than 50 ms, which is FLOWS_ATOMIC_LIMIT"


def refused(server, *words):
    with pytest.raises(redis.ResponseError) as caught:
        server.client().execute_command(*words)
    return str(caught.value)


def answers(server, value):
    try:
        return server.client().get("k") == value
    except redis.ResponseError:
        return False


def test_a_killed_process_is_answered_for_and_comes_back():
    with started(words=PATIENT) as server:
        register(server, LOUD)
        server.client().set("k", "v")
        os.kill(python_pid(server.client()), signal.SIGKILL)
        wait_until(lambda: answers(server, b"V"), what="the hook of the new process")


def test_a_process_that_dies_within_a_hook_is_answered_for():
    with started(words=PATIENT) as server:
        register(server, """
import os, signal
def hook(words):
    if words[1] == 'die': os.kill(os.getpid(), signal.SIGKILL)
    return call_next(*words[1:])
GB('CommandReader').map(hook).register(hook='get', mode='sync')
""")
        server.client().set("k", "v")
        assert "the Python process of the flows has ended" in refused(server, "GET", "die")
        assert server.client().ping()
        wait_until(lambda: answers(server, b"v"), what="the hook of the new process")


def test_a_slow_hook_ends_in_an_error():
    with started(words=SHORT) as server:
        register(server, STUCK)
        server.client().set("k", "v")
        assert TOO_LONG in refused(server, "GET", "stuck")
        assert server.client().set("other", "x") is True
        wait_until(lambda: answers(server, b"v"), what="the hook of another command")


def test_a_slow_hook_leaves_the_rest_of_a_transaction():
    with started(words=SHORT) as server:
        register(server, STUCK)
        pipe = server.client().pipeline(transaction=True)
        pipe.set("a", 1)
        pipe.get("stuck")
        pipe.set("b", 2)
        first, error, last = pipe.execute(raise_on_error=False)
        assert first is True and last is True and TOO_LONG in str(error)


def test_chained_hooks_share_one_limit():
    with started(words=SHORT) as server:
        register(server, STUCK)
        register(server, "GB('CommandReader').map(lambda w: call_next(*w[1:])).register("
                 "hook='get', mode='sync')")
        text = refused(server, "GET", "stuck")
        assert "FLOWS_ATOMIC_LIMIT" in text
        wait_until(lambda: answers(server, None) or server.client().set("k", "v") and answers(server, b"v"),
                   what="the hooks of another command")


def test_a_stopped_process_does_not_stop_the_server():
    with started(words=SHORT) as server:
        register(server, LOUD)
        server.client().set("k", "v")
        pid = python_pid(server.client())
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(lambda: states(pid) == {"T"}, what="the stop of all threads")
            assert TOO_LONG in refused(server, "GET", "k")
            assert server.client().ping()
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: answers(server, b"V"), what="the hook")
