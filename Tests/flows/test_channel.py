"""What comes from the server and what is sent when."""

import codecs
import os
import socket
import threading

import pytest
from ends import MESSAGE, PATIENCE, Job, started
from incoming import Incoming
from redisai_flows import wire
from redisai_flows.errors import FlowAborted, GearsError, ServerGone
from redisai_flows.shields import shield


def test_a_worker_reads_and_hands_out(ends):
    ends.begin()
    job = Job(ends)
    ends.dispatch = lambda message: (ends.heard.append(message), ends.channel.submit(ends.lane, job))
    ends.server.sendall(MESSAGE)
    job.wait()
    assert ends.heard == [(wire.PING, 1)]
    # The thread that has read has done it: there is no other one.
    assert [thread.ident for thread in ends.threads] == [job.thread]


def test_messages_are_handed_out_in_any_pieces(ends):
    ends.begin()
    messages = [(wire.LOG, number, b"a" * number * 7919) for number in range(60)]
    data = b"".join(map(wire.encoded, messages))
    done = Job(ends)

    def dispatch(message):
        ends.heard.append(message)
        if len(ends.heard) == len(messages):
            ends.channel.submit(ends.lane, done)
    ends.dispatch = dispatch
    at = 0
    for number in range(1, 1 << 30):
        if at >= len(data):
            break
        piece = 1 + number * number * 37 % 99_991
        ends.server.sendall(data[at:at + piece])
        at += piece
    done.wait()
    assert ends.heard == messages


def test_a_message_that_is_longer_than_reads_comes_whole(ends):
    ends.begin()
    done = Job(ends)
    ends.dispatch = lambda message: (ends.heard.append(message), ends.channel.submit(ends.lane, done))
    message = (wire.LOG, 1, b"ab" * (3 << 20))
    ends.server.sendall(wire.encoded(message))
    done.wait()
    assert ends.heard == [message]


def test_an_answer_comes_to_who_asks_on_any_thread(ends):
    ends.begin()
    jobs = [Job(ends, f"{number}") for number in range(20)]
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    ends.answer(*(f"{number}" for number in reversed(range(20))))
    for number, job in enumerate(jobs):
        assert job.wait() == [f"{number}".encode()]
    for thread in threads:
        thread.join()


def test_an_error_is_raised_where_it_was_asked_for(ends):
    ends.begin()
    errors = []

    def job():
        try:
            ends.channel.ask(None, False, 0, "question")
        except GearsError as error:
            errors.append(str(error))
        done()
    done = Job(ends)
    ends.channel.submit(ends.lane, job)
    ends.answer("question", failed=True)
    done.wait()
    assert errors == ["question"]


def test_what_cannot_be_sent_is_no_question(ends):
    ends.begin()
    with pytest.raises(ValueError):
        ends.channel.ask(None, False, 0, "question", object())
    with pytest.raises(ValueError):
        ends.channel.send(wire.PONG, 1 << 64)
    ends.channel.send(wire.PONG, 1)
    assert Incoming().feed(ends.server.recv(100)) == [(wire.PONG, 1)]


def test_a_function_gets_an_answer_on_the_reader(ends):
    ends.begin()
    got, done = [], Job(ends)

    def answered(failed, value):
        got.append((failed, value, threading.get_ident()))
        ends.channel.submit(ends.lane, done)
    ends.channel.start(answered, 7, "question", b"more")
    ends.answer("question")
    done.wait()
    assert got == [(False, b"question", done.thread)]


def test_who_posts_and_has_the_role_sends_with_the_next_read(ends):
    ends.begin()
    sent = []

    def then():
        for number in range(3):
            ends.channel.post(wire.PONG, number)
        sent.append(ends.is_sent())
    job = Job(ends, then=then)
    ends.dispatch = lambda message: ends.channel.submit(ends.lane, job)
    ends.server.sendall(MESSAGE)
    job.wait()
    incoming, found = Incoming(), []
    while len(found) < 3:
        found += incoming.feed(ends.server.recv(100))
    assert sent == [False] and found == [(wire.PONG, number) for number in range(3)]


def test_what_is_posted_is_sent_when_it_is_much(ends):
    ends.begin()
    sent = []

    def then():
        for number in range(32):
            ends.channel.post(wire.PONG, number)
        sent.append(ends.is_sent())
        ends.server.recv(1 << 16)
        ends.channel.post(wire.LOG, 0, b"a" * (1 << 14))
        sent.append(ends.is_sent())
    job = Job(ends, then=then)
    ends.dispatch = lambda message: ends.channel.submit(ends.lane, job)
    ends.server.sendall(MESSAGE)
    job.wait()
    assert sent == [True, True]


def test_who_has_not_the_role_sends_at_once(ends):
    ends.begin()
    ends.channel.post(wire.PONG, 1)
    assert ends.is_sent()


def test_more_than_the_socket_takes_is_sent_in_order(ends):
    ends.begin()
    count, length = 40, 200_000
    threads = [
        threading.Thread(target=lambda number=number: [
            ends.channel.send(wire.LOG, number, b"%d" % part * length) for part in range(count)])
        for number in range(3)]
    for thread in threads:
        thread.start()
    incoming, found = Incoming(), []
    while len(found) < 3 * count:
        found += incoming.feed(ends.server.recv(1 << 20))
    for thread in threads:
        thread.join()
    for number in range(3):
        mine = [text for _, who, text in found if who == number]
        assert mine == [b"%d" % part * length for part in range(count)]


def test_who_sends_much_lets_others_send(ends):
    """All that is small comes through while one thread sends without a pause."""
    ends.begin()
    pieces, smalls = 100, 20
    sent = []

    def send_much():
        for _ in range(pieces):
            ends.channel.post(wire.RESULTS, 1, [b"a" * (1 << 20)])

    def send_little():
        for number in range(smalls):
            ends.channel.send(wire.PONG, number)
            sent.append(number)
    threads = [threading.Thread(target=send_much), threading.Thread(target=send_little)]
    for thread in threads:
        thread.start()
    incoming, found = Incoming(), []
    while len(sent) < smalls:
        found += incoming.feed(ends.server.recv(1 << 20))
    assert sum(message[0] == wire.RESULTS for message in found) < pieces
    while len(found) < pieces + smalls:
        found += incoming.feed(ends.server.recv(1 << 20))
    for thread in threads:
        thread.join()
    assert [message[1] for message in found if message[0] == wire.PONG] == list(range(smalls))


def test_what_is_released_is_told_in_messages_that_the_server_takes(ends):
    for number in range(250_000):
        ends.channel.release(number)
    # It is more than the socket takes.
    sender = threading.Thread(target=lambda: ends.channel.send(wire.PONG, 1))
    sender.start()
    incoming, found = Incoming(), []
    while len(found) < 4:
        found += incoming.feed(ends.server.recv(1 << 20))
    sender.join()
    assert [len(numbers) for _, _, numbers in found[:3]] == [100_000, 100_000, 50_000]
    assert {number for _, _, numbers in found[:3] for number in numbers} == set(range(250_000))
    assert {kind for kind, *_ in found[:3]} == {wire.RELEASE} and found[3] == (wire.PONG, 1)


def test_who_aborts_a_question_ends_it_after_the_answer(ends):
    ends.begin()
    caught, mine = [], []

    def job():
        mine.append(shield())
        try:
            caught.append(ends.channel.ask(None, False, 0, "question"))
        except FlowAborted:
            caught.append("aborted")
        mine[0].clear()
        done()
    done = Job(ends)
    ends.channel.submit(ends.lane, job)
    number = ends.question("question")
    mine[0].raise_here(FlowAborted)
    ends.server.sendall(wire.encoded((wire.REPLY, number, False, b"answer")))
    done.wait()
    assert caught == ["aborted"]


def test_who_is_aborted_before_a_question_asks_nothing(ends):
    ends.begin()
    mine = shield()
    with mine:
        mine.raise_here(FlowAborted)
        with pytest.raises(FlowAborted):
            # The block ends within it.
            mine.__exit__(None, None, None)
        with pytest.raises(FlowAborted):
            ends.channel.ask(None, False, 0, "question")
        mine.clear()
        mine.__enter__()
    assert not ends.is_sent()


def test_an_abort_that_comes_after_its_job_ends_nothing(ends):
    ends.begin()

    def job():
        raise FlowAborted
    done = Job(ends)
    started(ends, job, done)
    done.wait()
    assert ends.ends == []


def test_a_server_that_goes_ends_the_process(ends):
    ends.begin()
    ends.server.shutdown(socket.SHUT_RDWR)
    for thread in ends.threads:
        thread.join(PATIENCE)
    assert {type(error) for error in ends.ends} == {ServerGone}
    with pytest.raises(ServerGone):
        ends.channel.send(wire.PONG, 1)


@pytest.mark.parametrize("data", [
    b"\1\0\0\0X", b"\1\0\0\0(", b"\5\0\0\0(\1\0\0\0", b"\6\0\0\0(\0\0\0\0N", b"\5\0\0\0[\xff\xff\xff\xff",
    b"\1\0\0\0N", b"\5\0\0\0l\1\0\0\0", b"\5\0\0\0l\0\0\0\x80", b"\1\0\0\0{", b"\2\0\0\0u\1", b"\2\0\0\0g\1",
    b"\7\0\0\0(\1\0\0\0sa", b"",
], ids=lambda data: data.hex())
def test_what_is_no_message_ends_the_process(ends, data):
    ends.begin()
    ends.server.sendall(data + b"\0" * 8)
    for thread in ends.threads:
        thread.join(PATIENCE)
    assert [type(error) for error in ends.ends][0] is ValueError


def test_code_that_hands_out_and_fails_ends_the_process(ends):
    ends.begin()
    ends.dispatch = lambda message: 1 / 0
    ends.server.sendall(MESSAGE)
    for thread in ends.threads:
        thread.join(PATIENCE)
    assert {type(error) for error in ends.ends} == {ZeroDivisionError}


def test_a_child_does_not_speak_to_the_server(ends):
    ends.channel.close()
    with pytest.raises(ServerGone):
        ends.channel.send(wire.PONG, 1)
    assert not ends.is_sent()


def test_a_handler_without_room_on_the_stack_ends_the_process(ends):
    """A message must not get lost because a flow that calls itself without end happens to read it."""
    ends.begin()
    told = threading.Event()
    ends.channel.on_end = lambda error: (ends.ends.append(error), told.set())

    def dispatch(message):
        def level(left):
            return left and level(left - 1)
        level(20)
        ends.heard.append(message)
    ends.dispatch = dispatch
    stop = threading.Event()

    def serve():
        sent = 0
        while not stop.is_set():
            try:
                number = ends.question("question")
                sent += 1
                ends.server.sendall(wire.encoded((wire.PING, sent)) + wire.encoded(
                    (wire.REPLY, number, False, b"")))
            except (OSError, EOFError):
                break

    def recurse():
        ends.channel.ask(None, False, 0, "question")
        recurse()

    def job():
        try:
            recurse()
        except RecursionError:
            done()
    done = Job(ends)
    server = threading.Thread(target=serve)
    server.start()
    ends.channel.submit(ends.lane, job)
    assert told.wait(PATIENCE)
    assert type(ends.ends[0]) is RecursionError
    stop.set()
    ends.server.shutdown(socket.SHUT_RDWR)
    server.join()


def test_a_child_of_a_job_does_nothing_of_its_parents(ends):
    ends.begin()
    codes, ran = [], []

    def fork():
        pid = os.fork()
        if not pid:
            # As `os.register_at_fork` has it done.
            ends.channel.close()
            try:
                ends.channel.ask(None, False, 0, "question")
            except ServerGone:
                os._exit(3)
            os._exit(4)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        done()
    done, other = Job(ends), Job(ends, then=lambda: ran.append(os.getpid()))
    started(ends, fork, other)
    done.wait()
    other.wait()
    assert codes == [3] and ran == [os.getpid()] and not ends.is_sent()


def test_text_whose_handler_changes_the_message_is_refused(ends):
    """Flows can replace Python's handlers of errors."""
    strict = codecs.lookup_error("strict")
    values = ["\ud800"] + ["a"] * 100

    def handler(error):
        values.clear()
        ends.channel.send(wire.PONG, 1)
        return "?", error.end
    codecs.register_error("strict", handler)
    try:
        with pytest.raises((ValueError, IndexError)):
            ends.channel.send(wire.LOG, 0, values)
    finally:
        codecs.register_error("strict", strict)
    ends.channel.send(wire.PONG, 2)
    assert Incoming().feed(ends.server.recv(100)) == [(wire.PONG, 1), (wire.PONG, 2)]


def test_a_shield_belongs_to_a_thread():
    with pytest.raises(TypeError):
        type(shield())()
