// Who reads, who waits, who is woken; see `channel.py`.
#define _GNU_SOURCE
#include <time.h>

#include "core.h"

// How long nothing waits for others once a step has been long, in nanoseconds.
static const long long HURRY = 1000 * 1000 * 1000;

static long long nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

long long clock_now(void) {
    return nanoseconds(CLOCK_MONOTONIC_COARSE);
}

long long clock_exact(void) {
    return nanoseconds(CLOCK_MONOTONIC);
}

void let_others(long long *since) {
    long long now = clock_now();
    if (now == *since) return;
    *since = now;
    PyEval_RestoreThread(PyEval_SaveThread());
}

bool channel_is_hurried(Channel *self) {
    return self->hurried_until && clock_now() < self->hurried_until;
}

// Lists

static void wait_in_list(Channel *self, struct call *call) {
    call->sleeps = true;
    call->before = NULL;
    call->after = self->waiting;
    if (self->waiting) self->waiting->before = call;
    self->waiting = call;
}

void call_leave_waiting(Channel *self, struct call *call) {
    call->sleeps = false;
    if (call->before) call->before->after = call->after;
    else self->waiting = call->after;
    if (call->after) call->after->before = call->before;
}

static struct call *take_answered(Channel *self) {
    struct call *first = self->answered;
    self->answered = first->after;
    if (!self->answered) self->last_answered = NULL;
    return first;
}

void channel_wake_answered(Channel *self) {
    while (self->answered) thread_wake(take_answered(self)->thread);
}

void call_answered(Channel *self, struct call *call) {
    if (!call->sleeps) return;
    call_leave_waiting(self, call);
    if (!call->thread->is_worker || call->is_held) {
        // The server waits for this thread, or it would only give the role back.
        thread_wake(call->thread);
        return;
    }
    call->after = NULL;
    if (self->last_answered) self->last_answered->after = call;
    else self->answered = call;
    self->last_answered = call;
}

// The role

static void set_reader(Channel *self, struct thread *thread) {
    // Code that messages are handed out to may have asked, and so have given the role away.
    if (self->reader != thread) self->is_reading = false;
    self->reader = thread;
    // The thread has as much time as one that has just read.
    self->turn++;
}

struct thread *role_to_answered(Channel *self) {
    struct thread *following = take_answered(self)->thread;
    set_reader(self, following);
    return following;
}

bool channel_take_role(Channel *self, struct thread *me) {
    if (!self->reader) self->reader = me;
    return self->reader == me;
}

// Nobody has the role: wakes one who has an answer, or waits for one, or a worker.
static void call_reader(Channel *self) {
    struct thread *worker = pool_has_urgent_work(self) ? pool_find_worker(self) : NULL;
    if (!worker && self->answered) {
        struct thread *thread = take_answered(self)->thread;
        if (!self->reader) set_reader(self, thread);
        return thread_wake(thread);
    }
    if (!worker && self->waiting) {
        struct call *call = self->waiting;
        call_leave_waiting(self, call);
        return thread_wake(call->thread);
    }
    if (!worker) worker = pool_find_worker(self);
    if (worker) thread_wake(worker);
}

void channel_leave_role(Channel *self, struct thread *me) {
    if (self->reader != me) return;
    self->reader = NULL;
    self->is_reading = false;
    if (channel_flush(self) < 0) PyErr_Clear();
    call_reader(self);
}

void channel_take_away_role(Channel *self) {
    struct thread *stuck = self->reader;
    self->reader = NULL;
    self->hurried_until = clock_now() + HURRY;
    thread_hold(stuck);
    if (channel_flush(self) < 0) PyErr_Clear();
    call_reader(self);
    channel_wake_answered(self);
    if (stuck->is_worker) pool_move(self, stuck, true);
    thread_drop(stuck);
}

// Takes the role if nobody has it, and gives it away if somebody can go on: the thread to wake whose call is
// answered. Who holds the server takes it from anybody who does not read.
static struct thread *give_role(Channel *self, struct call *call, struct thread *worker, bool is_hurried) {
    struct thread *me = call->thread;
    if (!self->reader || (call->is_held && !self->is_reading)) set_reader(self, me);
    if (self->reader != me || is_hurried) return NULL;
    if (worker) set_reader(self, worker);
    else if (self->answered) return role_to_answered(self);
    return NULL;
}

// Has others work, and then waits for the answer, or reads once.
static int let_work(Channel *self, struct call *call, bool is_hurried) {
    struct thread *me = call->thread;
    if (self->is_due && self->reader == me && channel_read(self, me, is_hurried, false) < 0) return -1;
    bool goes_on = self->answered && self->reader == me && !is_hurried && !pool_has_urgent_work(self);
    struct thread *worker = !goes_on && pool_has_work(self) ? pool_find_worker(self) : NULL;
    struct thread *following = call->is_done ? NULL : give_role(self, call, worker, is_hurried);
    if (worker) following = worker;
    if (self->reader != me && !call->is_done) {
        wait_in_list(self, call);
        thread_sleep(me, following);
        return 0;
    }
    if (following) thread_wake(following);
    if (call->is_done) return 0;
    if (is_hurried) {
        channel_wake_answered(self);
        // What has come since the look at the work, before the role came here.
        if (!worker && pool_has_work(self) && (worker = pool_find_worker(self))) thread_wake(worker);
    }
    return channel_read(self, me, is_hurried, true) < 0 ? -1 : 0;
}

// While a thread only waits, another one may work for its session, but not all threads may be taken so. Who
// wants one thread for a session wants that its steps never interleave.
static void leave_lane(Channel *self, struct thread *me) {
    Lane *lane = me->lane;
    if (!lane || lane->is_urgent || lane->limit == 1 || me->has_left_lane) return;
    if (self->busy >= self->worker_limit / 2) return;
    me->has_left_lane = true;
    lane->running--;
    pool_list(self, lane);
}

static void enter_lane(struct thread *me) {
    if (!me->has_left_lane) return;
    me->has_left_lane = false;
    me->lane->running++;
}

int channel_wait(Channel *self, struct call *call, bool is_hurried) {
    struct thread *me = call->thread;
    int result = 0;
    if (!call->is_held) {
        leave_lane(self, me);
        pool_begin_wait(self, me);
    }
    // Somebody else works meanwhile if there is work: with the role if this thread has it, which reads itself
    // only if nobody can go on. One that is hurried keeps the role.
    while (!call->is_done && result == 0)
        if (self->socket < 0) result = channel_gone(self);
        else if (self->reader != me || self->answered || self->ready)
            result = let_work(self, call, is_hurried);
        else if (channel_read(self, me, is_hurried, true) < 0) result = -1;
    enter_lane(me);
    pool_end_wait(self, me);
    if (result == 0 && self->reader == me && (!me->is_worker || pool_has_urgent_work(self)))
        channel_leave_role(self, me);
    return result;
}
