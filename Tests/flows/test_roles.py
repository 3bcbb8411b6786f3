"""Who reads, who waits, and who runs which job."""

import threading

import pytest
from ends import MESSAGE, PATIENCE, URGENT, Ends, Job, started
from redisai_flows import wire
from redisai_flows.channel import Lane


def test_a_question_travels_with_those_of_others_that_can_work(ends):
    ends.begin()
    sent = []
    first = Job(ends, "first")
    second = Job(ends, "second")
    second._then = lambda: sent.append(None)

    def look():
        sent.append(ends.is_sent())
        second()
    started(ends, first, look)
    while not sent:
        pass
    ends.answer("first", "second")
    assert first.wait() == [b"first"] and second.wait() == [b"second"]
    assert sent == [False, None]


def test_who_has_read_goes_on_and_gives_its_role_to_who_has_an_answer(ends):
    ends.begin()
    order = []
    gate = threading.Event()
    first = Job(ends, "first", then=lambda: order.append("first"))
    second = Job(ends, "second", then=lambda: (order.append("second"), gate.wait(PATIENCE)))
    started(ends, first, second)
    ends.answer("first", "second")
    while not order:
        pass
    # The second one has read both answers, and the first one has not been woken.
    assert order == ["second"] and not first.ended.is_set()
    gate.set()
    assert first.wait() == [b"first"]


def test_waiting_threads_let_others_of_their_session_work(ends):
    ends.begin()
    jobs = [Job(ends, f"{number}") for number in range(4)]
    started(ends, *jobs)
    # The lane lets three work at once; half of eight workers may wait beside those.
    questions = [f"{number}" for number in range(4)]
    numbers = {question: ends.question(question) for question in questions}
    ends._asked |= numbers
    ends.answer(*questions)
    for question, job in zip(questions, jobs):
        assert job.wait() == [question.encode()]


def test_a_session_that_waits_leaves_threads_to_others(ends):
    ends.begin()
    jobs = [Job(ends, f"{number}") for number in range(10)]
    started(ends, *jobs)
    # Three that are not counted, since less than half of the eight threads work or wait then, and three that
    # are.
    for number in range(6):
        assert jobs[number].began.wait(PATIENCE)
    other = Job(ends, "other")
    ends.channel.submit(Lane(3), other)
    ends.answer("other")
    assert other.wait() == [b"other"]
    assert not any(job.began.is_set() for job in jobs[6:])
    for number, job in enumerate(jobs):
        ends.answer(f"{number}")
        assert job.wait() == [f"{number}".encode()]


def test_a_session_with_one_thread_does_one_thing_at_a_time(ends):
    ends.begin()
    lane = Lane(1)
    jobs = [Job(ends, f"{number}") for number in range(3)]
    for job in jobs:
        ends.channel.submit(lane, job)
    for number, job in enumerate(jobs):
        ends.answer(f"{number}")
        assert job.wait() == [f"{number}".encode()]
        assert not any(job.answers for job in jobs[number + 1:])


def take_role_away(ends):
    """What the lookout does when the reader's step is long."""
    assert ends.channel.take_away_role(ends.channel.turn)


def test_a_long_step_loses_the_role_and_others_go_on(ends):
    ends.begin()
    gate = threading.Event()
    stuck = Job(ends, then=lambda: gate.wait(PATIENCE))
    started(ends, stuck)
    assert stuck.began.wait(PATIENCE)
    assert not ends.channel.take_away_role(ends.channel.turn - 1)
    take_role_away(ends)
    others = Job(ends, "others")
    started(ends, others)
    ends.answer("others")
    assert others.wait() == [b"others"]
    # It was brought away from the server's processor.
    assert ends.moves[-1][1] is True or (stuck_number(ends), True) in ends.moves
    gate.set()
    stuck.wait()


def stuck_number(ends):
    return ends.threads[0].native_id


def test_a_role_is_not_taken_from_who_reads(ends):
    ends.begin()
    assert not ends.channel.take_away_role(ends.channel.turn)
    done = Job(ends)
    started(ends, done)
    done.wait()


def test_after_a_long_step_questions_are_sent_at_once(ends):
    ends.begin()
    gate = threading.Event()
    stuck = Job(ends, then=lambda: gate.wait(PATIENCE))
    started(ends, stuck)
    assert stuck.began.wait(PATIENCE)
    take_role_away(ends)
    ends.until_someone_reads()
    sent = []
    second = Job(ends, "second")

    def look():
        sent.append(ends.is_sent())
        second()
    first = Job(ends, "first")
    started(ends, first, look)
    while not sent:
        pass
    ends.answer("second")
    assert second.wait() == [b"second"]
    assert sent == [True]
    ends.answer("first")
    assert first.wait() == [b"first"]
    gate.set()


def test_who_holds_the_server_is_sent_and_woken_at_once(ends):
    ends.begin()
    sent, gate = [], threading.Event()
    held = Job(ends, "held", is_held=True)

    def look():
        # Others are woken to work beside it, and it keeps the role.
        sent.append(ends.is_sent())
        gate.wait(PATIENCE)
    started(ends, held, look)
    while not sent:
        pass
    ends.answer("held")
    assert held.wait() == [b"held"] and sent == [True]
    gate.set()


def test_who_holds_the_server_takes_the_role_from_who_works(ends):
    ends.begin()
    gate = threading.Event()
    works = Job(ends, then=lambda: gate.wait(PATIENCE))
    started(ends, works)
    assert works.began.wait(PATIENCE)
    held = Job(ends, "held", is_held=True)
    thread = threading.Thread(target=held)
    thread.start()
    ends.answer("held")
    # The other one still has its job, and nobody has taken its role away.
    assert held.wait() == [b"held"] and not works.ended.is_set()
    gate.set()
    thread.join()
    works.wait()


def test_urgent_work_comes_before_all_other(ends):
    ends.begin()
    order = []
    jobs = [Job(ends, then=lambda number=number: order.append(number)) for number in range(3)]
    urgent = Job(ends, then=lambda: order.append("urgent"))

    def dispatch(message):
        for job in jobs:
            ends.channel.submit(ends.lane, job)
        ends.channel.submit(ends.urgent, urgent)
    ends.dispatch = dispatch
    ends.server.sendall(MESSAGE)
    for job in jobs:
        job.wait()
    assert order == ["urgent", 0, 1, 2]


def test_sessions_take_turns(ends):
    ends.begin()
    order = []
    lanes = [Lane(1), Lane(1)]
    jobs = [Job(ends, then=lambda number=number: order.append(number)) for number in range(6)]

    def dispatch(message):
        for number, job in enumerate(jobs):
            ends.channel.submit(lanes[number // 3], job)
    ends.dispatch = dispatch
    ends.server.sendall(MESSAGE)
    for job in jobs:
        job.wait()
    assert order == [0, 3, 1, 4, 2, 5]


def test_there_are_so_many_threads_and_more_work_waits():
    ends = Ends(workers=2)
    ends.begin()
    gate = threading.Event()
    lanes = [Lane(1) for _ in range(5)]
    jobs = [Job(ends, then=lambda: gate.wait(PATIENCE)) for _ in lanes]
    for lane, job in zip(lanes, jobs):
        ends.channel.submit(lane, job)
    assert jobs[0].began.wait(PATIENCE) and jobs[1].began.wait(PATIENCE)
    urgent = Job(ends)
    ends.channel.submit(ends.urgent, urgent)
    urgent.wait()
    assert [job.began.is_set() for job in jobs] == [True, True, False, False, False]
    gate.set()
    for job in jobs:
        job.wait()
    assert len(ends.threads) <= 2 + URGENT + 1
    ends.stop()


def test_a_system_without_threads_goes_on_with_those_there_are(ends):
    ends.begin()

    def refuse(worker):
        raise RuntimeError("can't start new thread")
    ends.channel.make_worker = refuse
    jobs = [Job(ends, f"{number}") for number in range(3)]
    started(ends, *jobs)
    for number, job in enumerate(jobs):
        ends.answer(f"{number}")
        assert job.wait() == [f"{number}".encode()]


def test_a_thread_that_the_system_refuses_first_is_an_error(ends):
    def refuse(worker):
        raise RuntimeError("can't start new thread")
    ends.channel.make_worker = refuse
    with pytest.raises(RuntimeError):
        ends.channel.begin()


def test_a_crowd_comes_and_goes_slowly(ends):
    ends.begin()
    done = threading.Semaphore(0)
    seen = []
    for messages, times in ((1, 5), (24, 31), (23, 9), (5, 1), (50, 2), (6, 9), (5, 31), (24, 1), (1, 2)):
        for _ in range(times):
            left = [messages]

            def dispatch(message):
                left[0] -= 1
                if not left[0]:
                    ends.channel.submit(ends.lane, done.release)
            ends.dispatch = dispatch
            ends.until_someone_reads()
            ends.server.sendall(MESSAGE * messages)
            assert done.acquire(timeout=PATIENCE)
        ends.until_someone_reads()
        seen.append(ends.channel.is_crowded)
    assert seen == [False, False, False, False, True, True, True, True, False]


def test_a_lookout_that_could_not_be_armed_is_armed_later(ends):
    calls = []

    def arm():
        calls.append(None)
        if len(calls) == 1:
            raise RecursionError
    ends.channel.arm = arm
    ends.begin()
    for _ in range(2):
        done = Job(ends)
        started(ends, done)
        done.wait()
    assert len(calls) > 1 and ends.channel.is_armed


def test_a_handler_that_asks_may_give_the_role_to_who_works(ends):
    ends.begin()
    gate = threading.Event()
    long = Job(ends, then=lambda: gate.wait(PATIENCE))
    answers = []

    def dispatch(message):
        if message == (wire.PING, 1):
            ends.channel.submit(ends.lane, long)
            answers.append(ends.channel.ask(None, False, 0, "within"))
    ends.dispatch = dispatch
    ends.server.sendall(MESSAGE)
    assert long.began.wait(PATIENCE)
    # Whoever works has the role and can be seen to keep it.
    while not ends.channel.is_busy():
        pass
    take_role_away(ends)
    ends.answer("within")
    while not answers:
        pass
    assert answers == [b"within"]
    gate.set()
    long.wait()


def test_a_thread_that_began_though_its_start_has_failed_ends(ends):
    ends.begin()
    make, failed = ends.channel.make_worker, []

    def fail(worker):
        make(worker)
        failed.append(ends.threads.pop())
        raise RecursionError
    ends.channel.make_worker = fail
    jobs = [Job(ends, "first"), Job(ends, "second")]
    started(ends, *jobs)
    ends.answer("first")
    jobs[0].wait()
    ends.channel.make_worker = make
    ends.answer("second")
    jobs[1].wait()
    assert failed
    for thread in failed:
        thread.join(PATIENCE)
        assert not thread.is_alive()
