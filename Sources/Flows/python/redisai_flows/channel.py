"""The connection to the server: who reads, who waits, who is woken, and the threads that run jobs.

`Channel` is written in C (Sources/Flows/core): all messages and all jobs pass here.

One thread at a time has the role of the reader. It keeps it while it does a job, and reads when there is
nothing else to do: so a job is done by the thread that has read it, and an answer is taken by the thread that
waits for it, without waking another one. On a busy machine that wake-up costs more than most steps.

A reader that has to wait for an answer gives the role to a thread that can go on: one whose answer is there,
or a worker for the next job. Its question is sent when nobody can go on any more. So however many flows wait
for the server, one of them works, none wakes another one but to let it work, and many questions travel
together. While a thread waits, another one may work for its session: only those that work are counted, as
long as half of the workers are left for the others.

That is right for short steps. If one is long, the lookout (`workers`) takes the role away, so that no step
can keep messages from being read, and for a while nothing waits for others: questions are sent at once, and
all who can go on are woken. Code for which the server's thread waits (`is_held`) never waits for others.
"""

from ._core import Channel, Held, Lane

__all__ = ["Channel", "Held", "Lane"]
