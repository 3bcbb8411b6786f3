// Threads that run jobs; see `workers.py`.
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "core.h"

enum {
    // So many messages in one read are many (`FlowService.manyMessages`), and so many are few.
    MANY = 24,
    FEW = 6,
    // What so many reads have said, less those that said the other, counts.
    PATIENCE = 32,
    // A job is long if the lookout has looked so often since its begin (50 to 100 ms), or since it has last
    // waited for an answer.
    LONG_JOB = 10,
    LONG_WORK = 2,
};

int lane_add(Lane *lane, PyObject *job) {
    if (lane->count == lane->capacity) {
        size_t capacity = lane->capacity ? 2 * lane->capacity : 8;
        PyObject **jobs = malloc(sizeof *jobs * capacity);
        if (!jobs) {
            PyErr_NoMemory();
            return -1;
        }
        for (size_t at = 0; at < lane->count; at++)
            jobs[at] = lane->jobs[(lane->first + at) & (lane->capacity - 1)];
        free(lane->jobs);
        lane->jobs = jobs;
        lane->capacity = capacity;
        lane->first = 0;
    }
    Py_IncRef(job);
    lane->jobs[(lane->first + lane->count++) & (lane->capacity - 1)] = job;
    return 0;
}

PyObject *lane_take(Lane *lane) {
    PyObject *job = lane->jobs[lane->first];
    lane->first = (lane->first + 1) & (lane->capacity - 1);
    lane->count--;
    return job;
}

bool pool_has_urgent_work(Channel *self) {
    return self->ready && self->ready->is_urgent;
}

bool pool_has_work(Channel *self) {
    return self->ready && (self->busy < self->worker_limit || self->ready->is_urgent);
}

void pool_list(Channel *self, Lane *lane) {
    if (!lane->count || lane->is_listed || lane->running >= lane->limit) return;
    lane->is_listed = true;
    Py_IncRef(&lane->base);
    lane->next = NULL;
    if (!self->ready) {
        self->ready = self->last_ready = lane;
    } else if (lane->is_urgent) {
        lane->next = self->ready;
        self->ready = lane;
    } else {
        self->last_ready->next = lane;
        self->last_ready = lane;
    }
}

// The lane whose turn it is; it is the caller's.
static Lane *unlist_first(Channel *self) {
    Lane *lane = self->ready;
    self->ready = lane->next;
    if (!self->ready) self->last_ready = NULL;
    lane->is_listed = false;
    return lane;
}

int pool_keep(Channel *self, Lane *lane, PyObject *job) {
    if (lane_add(lane, job) < 0) return -1;
    pool_list(self, lane);
    return 0;
}

void pool_help(Channel *self) {
    struct thread *worker = pool_has_work(self) ? pool_find_worker(self) : NULL;
    if (worker) thread_wake(worker);
}

// Has Python make a thread; NULL if the system has none, and those that there are go on.
static struct thread *new_worker(Channel *self) {
    struct thread *me = thread_here(), *made = me ? thread_new() : NULL;
    PyObject *shield = made ? shield_of(made) : NULL;
    if (!shield) PyErr_Clear();
    PyObject *result = NULL;
    if (shield) {
        made->is_worker = true;
        // Not counted later: other threads look meanwhile.
        self->worker_count++;
        shield_raise(me);
        result = PyObject_CallFunctionObjArgs(self->make_worker, shield, NULL);
        if (!result) PyErr_Clear();
        shield_lower(me);
    }
    if (shield && !result) {
        self->worker_count--;
        // It may have begun all the same.
        made->is_unwanted = true;
        thread_wake(made);
    }
    Py_DecRef(shield);
    // The thread itself holds it from here on.
    if (made) thread_drop(made);
    bool is_there = result != NULL;
    Py_DecRef(result);
    return is_there ? made : NULL;
}

struct thread *pool_find_worker(Channel *self) {
    struct thread *found = self->idle;
    if (found) {
        self->idle = found->next;
        return found;
    }
    if (self->socket < 0 || self->worker_count > self->worker_limit + self->urgent_limit) return NULL;
    return new_worker(self);
}

void pool_arm(Channel *self) {
    if (self->is_armed || !self->arm) return;
    self->is_armed = true;
    PyObject *result = PyObject_CallNoArgs(self->arm);
    if (!result) {
        // The next read tries again.
        PyErr_Clear();
        self->is_armed = false;
    }
    Py_DecRef(result);
}

void pool_move(Channel *self, struct thread *worker, bool is_far) {
    if (worker->is_far == is_far && worker->places == self->places) return;
    worker->is_far = is_far;
    worker->places = self->places;
    if (!self->move) return;
    thread_hold(worker);
    PyObject *number = PyLong_FromLongLong(worker->native_id);
    PyObject *result = number
        ? PyObject_CallFunctionObjArgs(self->move, number, is_far ? Py_True : Py_False, NULL) : NULL;
    // Another thread may have moved it meanwhile, and one of both has come last.
    if (!result || worker->is_far != is_far) worker->places = -1;
    if (!result) PyErr_Clear();
    Py_DecRef(number);
    Py_DecRef(result);
    thread_drop(worker);
}

static void sleep_idle(Channel *self, struct thread *me, struct thread *other) {
    me->next = self->idle;
    self->idle = me;
    thread_sleep(me, other);
}

// The next job of a lane whose job has ended, if nobody else can go on; else the lane is left.
static PyObject *following(Channel *self, Lane *lane) {
    if (lane->is_listed && self->ready == lane && !lane->next && !self->answered && !self->is_due) {
        // As if the lane was left and taken again.
        PyObject *job = lane_take(lane);
        if (!lane->count) Py_DecRef(&unlist_first(self)->base);
        return job;
    }
    if (!lane->is_urgent) self->busy--;
    lane->running--;
    pool_list(self, lane);
    return NULL;
}

void pool_begin_wait(Channel *self, struct thread *me) {
    me->waits = true;
    if (!me->lane || me->lane->is_urgent || self->looks - me->job_began < LONG_JOB) return;
    // All jobs of its session are done away from the server now.
    if (!me->is_long) me->lane->long_count++, self->long_count++;
    me->is_long = true;
    pool_move(self, me, true);
}

void pool_end_wait(Channel *self, struct thread *me) {
    me->waits = false;
    me->work_began = self->looks;
    if (me->lane && !me->is_far) pool_arm(self);
}

static void end_long_job(Channel *self, struct thread *me) {
    if (me->is_long) me->lane->long_count--, self->long_count--;
    me->is_long = false;
}

// One that computes, at what may turn out to be long.
static bool is_near_at_work(Channel *self, struct thread *worker) {
    if (worker->waits || worker->lane->is_urgent) return false;
    return !worker->is_far || worker->places != self->places;
}

bool pool_look(Channel *self) {
    self->looks++;
    struct thread *worker = self->working;
    bool is_any = false;
    while (worker) {
        bool is_near = is_near_at_work(self, worker);
        is_any = is_any || is_near;
        if (is_near && self->looks - worker->work_began >= LONG_WORK) {
            long places = self->places;
            pool_move(self, worker, true);
            // That was code of Python. If it did not do, the next look tries again.
            if (worker->places != places) return true;
            worker = self->working;
        } else {
            worker = worker->next_working;
        }
    }
    return is_any;
}

static int run_job(Channel *self, struct thread *me, PyObject *job) {
    // Also if it has read nothing since it became the reader.
    if (self->reader == me) self->turn++;
    pool_arm(self);
    pool_move(self, me, !me->lane->is_urgent && (self->is_crowded || me->lane->long_count));
    me->job_began = me->work_began = self->looks;
    PyObject *result = PyObject_CallNoArgs(job);
    Py_DecRef(job);
    Py_DecRef(result);
    if (!result && PyErr_ExceptionMatches(flow_aborted)) {
        // It came after the end of what was to be aborted.
        shield_clear(me);
        PyErr_Clear();
    }
    end_long_job(self, me);
    return PyErr_Occurred() ? -1 : 0;
}

static void leave_working(Channel *self, struct thread *me) {
    struct thread **place = &self->working;
    while (*place && *place != me) place = &(*place)->next_working;
    if (*place) *place = me->next_working;
}

static int run_jobs(Channel *self, struct thread *me) {
    Lane *lane = unlist_first(self);
    PyObject *job = lane_take(lane);
    lane->running++;
    if (!lane->is_urgent) self->busy++;
    pool_list(self, lane);
    me->lane = lane;
    me->next_working = self->working;
    self->working = me;
    me->work_began = self->looks;
    int result = 0;
    // Nobody else may be there for the next one.
    if (self->reader != me) pool_help(self);
    while (job && result == 0) {
        result = run_job(self, me, job);
        job = following(self, lane);
        channel_take_role(self, me);
    }
    Py_DecRef(job);
    end_long_job(self, me);
    leave_working(self, me);
    me->lane = NULL;
    Py_DecRef(&lane->base);
    return result;
}

void pool_count(Channel *self, ssize_t messages) {
    if (messages >= MANY && self->crowd < PATIENCE) {
        self->crowd++;
        self->is_crowded = self->is_crowded || self->crowd == PATIENCE;
    } else if (messages < FEW && self->crowd) {
        self->crowd--;
        self->is_crowded = self->is_crowded && self->crowd;
    }
}

static int work_on(Channel *self, struct thread *me) {
    bool is_reader = channel_take_role(self, me);
    if (is_reader && self->is_due && channel_read(self, me, false, false) < 0) return -1;
    is_reader = self->reader == me;
    if (is_reader && self->answered && !pool_has_urgent_work(self)) {
        // That thread sees to all that is to be done.
        sleep_idle(self, me, role_to_answered(self));
        return 0;
    }
    if (pool_has_work(self)) return run_jobs(self, me);
    if (is_reader) {
        // Who is away for a session's long job may be wanted there again.
        pool_move(self, me, self->is_crowded || (me->is_far && self->long_count));
        return channel_read(self, me, false, true) < 0 ? -1 : 0;
    }
    if (self->reader) sleep_idle(self, me, NULL);
    return 0;
}

void pool_work(Channel *self, struct thread *me) {
    thread_is(me);
    me->native_id = gettid();
    thread_sleep(me, NULL);
    if (me->is_unwanted) return;
    while (work_on(self, me) == 0) {
    }
    if (self->reader == me) self->reader = NULL;
}
