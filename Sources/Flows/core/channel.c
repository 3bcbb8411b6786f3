// The channel as Python sees it.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

enum {
    // `wire.CALL`
    CALL = 6,
    // Values of a question before its arguments: kind, number, who asks.
    BEFORE = 3,
    // Questions with so many values are written from the stack.
    FEW_VALUES = 16,
};

PyTypeObject *channel_type;
PyObject *gears_error, *server_gone, *flow_aborted;

static PyObject *refuse(const char *text) {
    PyErr_SetString(PyExc_TypeError, text);
    return NULL;
}

// Life

static int channel_init(PyObject *object, PyObject *arguments, PyObject *words) {
    (void)words;
    Channel *self = (Channel *)object;
    if (PyTuple_Size(arguments) != 3) {
        PyErr_SetString(PyExc_TypeError, "Channel(descriptor, workers, urgent workers)");
        return -1;
    }
    self->socket = (int)PyLong_AsLong(PyTuple_GetItem(arguments, 0));
    self->worker_limit = PyLong_AsLong(PyTuple_GetItem(arguments, 1));
    self->urgent_limit = PyLong_AsLong(PyTuple_GetItem(arguments, 2));
    return PyErr_Occurred() ? -1 : 0;
}

static void channel_dealloc(PyObject *object) {
    Channel *self = (Channel *)object;
    PyTypeObject *type = object->ob_type;
    PyObject *functions[] = {self->handlers, self->on_end, self->make_worker, self->arm, self->move};
    for (size_t at = 0; at < sizeof functions / sizeof *functions; at++) Py_DecRef(functions[at]);
    free(self->out.data);
    free(self->in.data);
    free(self->released);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

// In a child of this process there is one thread: whatever the others did and were to do is not for it.
static PyObject *close_here(PyObject *object, PyObject *unused) {
    (void)unused;
    Channel *self = (Channel *)object;
    self->socket = -1;
    self->out.size = self->released_count = 0;
    self->is_sending = self->is_reading = false;
    self->send_waiters = NULL;
    self->reader = self->idle = self->working = NULL;
    self->long_count = 0;
    self->waiting = self->answered = self->last_answered = NULL;
    self->ready = self->last_ready = NULL;
    return none();
}

// Questions

// Notes a question: kind, its number, who asks, and these words. It is known from then on. Its size, or -1.
static ssize_t note_call(Channel *self, struct call *call, PyObject *const *words, ssize_t count) {
    PyObject *few[FEW_VALUES];
    PyObject **values = count + BEFORE - 1 <= FEW_VALUES
        ? few : malloc(sizeof *values * (size_t)(count + BEFORE - 1));
    PyObject *kind = PyLong_FromLongLong(CALL);
    call->number = ++self->last_number;
    PyObject *number = PyLong_FromLongLong(call->number);
    ssize_t size = -1;
    if (values && kind && number) {
        values[0] = kind;
        values[1] = number;
        memcpy(values + 2, words, sizeof *words * (size_t)count);
        size = channel_note(self, values, count + 2);
    } else if (!PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    if (values != few) free(values);
    Py_DecRef(kind);
    Py_DecRef(number);
    if (size < 0) return -1;
    struct call **row = &self->calls[call->number % CALL_ROWS];
    call->next_of_number = *row;
    *row = call;
    return size;
}

static PyObject *call_result(struct call *call) {
    if (!call->failed) return call->value;
    PyObject *text = text_of(call->value);
    PyObject *words = text ? PyObject_Str(text) : NULL;
    if (words) PyErr_SetObject(gears_error, words);
    Py_DecRef(words);
    Py_DecRef(text);
    Py_DecRef(call->value);
    return NULL;
}

// Sends a question and waits until it is answered.
static int ask_and_wait(Channel *self, struct call *call, PyObject *const *words, ssize_t count) {
    bool is_hurried = call->is_held || channel_is_hurried(self);
    ssize_t size = note_call(self, call, words, count);
    if (size < 0) return -1;
    int result = is_hurried ? channel_flush(self) : channel_post(self, call->thread, size);
    if (result == 0) result = channel_wait(self, call, is_hurried);
    if (result == 0) return 0;
    channel_forget(self, call->number);
    if (self->reader == call->thread && !call->thread->is_worker) self->reader = NULL;
    return -1;
}

// ask(function or None, whether the server's thread waits, who asks, operation, arguments...)
static PyObject *ask(PyObject *object, PyObject *const *words, ssize_t count) {
    struct thread *me = thread_here();
    if (!me) return NULL;
    if (count < 4) return refuse("ask() takes a function, whether the server waits, who asks, an operation");
    int is_held = PyObject_IsTrue(words[1]);
    if (is_held < 0 || shield_enter(me) < 0) return NULL;
    struct call call = {.thread = me, .is_held = is_held};
    int result = ask_and_wait((Channel *)object, &call, words + 2, count - 2);
    PyObject *value = result < 0 ? NULL : call_result(&call);
    if (value && words[0] != Py_None) {
        PyObject *answer = value;
        value = PyObject_CallFunctionObjArgs(words[0], answer, NULL);
        Py_DecRef(answer);
    }
    if (shield_leave(me) == 0) return value;
    Py_DecRef(value);
    return NULL;
}

// start(function, who asks, operation, arguments...)
static PyObject *start(PyObject *object, PyObject *const *words, ssize_t count) {
    Channel *self = (Channel *)object;
    struct thread *me = thread_here();
    if (!me) return NULL;
    if (count < 3) return refuse("start() takes a function, who asks, and an operation");
    if (shield_enter(me) < 0) return NULL;
    struct call *call = calloc(1, sizeof *call);
    int result = -1;
    if (call) result = note_call(self, call, words + 1, count - 1) < 0 ? -1 : 0;
    else PyErr_NoMemory();
    if (result == 0) {
        call->on_done = words[0];
        Py_IncRef(call->on_done);
        result = channel_flush(self);
    } else {
        free(call);
    }
    return none_or(shield_leave(me) < 0 ? -1 : result);
}

// Messages

static PyObject *send(PyObject *object, PyObject *const *words, ssize_t count) {
    Channel *self = (Channel *)object;
    struct thread *me = thread_here();
    if (!me || shield_enter(me) < 0) return NULL;
    int result = channel_note(self, words, count) < 0 ? -1 : channel_flush(self);
    return none_or(shield_leave(me) < 0 ? -1 : result);
}

static PyObject *post(PyObject *object, PyObject *const *words, ssize_t count) {
    Channel *self = (Channel *)object;
    struct thread *me = thread_here();
    ssize_t size = me ? channel_note(self, words, count) : -1;
    return size < 0 ? NULL : none_or(channel_post(self, me, size));
}

static PyObject *flush(PyObject *object, PyObject *unused) {
    (void)unused;
    return none_or(channel_flush((Channel *)object));
}

static PyObject *release(PyObject *object, PyObject *number) {
    long long value = PyLong_AsLongLong(number);
    if (value == -1 && PyErr_Occurred()) return NULL;
    channel_release((Channel *)object, value);
    return none();
}

// Jobs

static PyObject *submit(PyObject *object, PyObject *const *words, ssize_t count) {
    Channel *self = (Channel *)object;
    struct thread *me = thread_here();
    if (!me) return NULL;
    if (count != 2 || words[0]->ob_type != lane_type) return refuse("submit() takes a lane and a job");
    if (pool_keep(self, (Lane *)words[0], words[1]) < 0) return NULL;
    if (self->reader != me) pool_help(self);
    return none();
}

static PyObject *begin(PyObject *object, PyObject *unused) {
    (void)unused;
    struct thread *worker = pool_find_worker((Channel *)object);
    if (!worker) {
        PyErr_SetString(PyExc_RuntimeError, "the system starts no thread");
        return NULL;
    }
    thread_wake(worker);
    return none();
}

static PyObject *work(PyObject *object, PyObject *shield) {
    if (shield->ob_type != shield_type) return refuse("work() takes what make_worker was given");
    pool_work((Channel *)object, thread_of(shield));
    if (!PyErr_Occurred()) return none();
    channel_end((Channel *)object);
    PyErr_Clear();
    return none();
}

// The lookout

static PyObject *take_away_role(PyObject *object, PyObject *turn) {
    Channel *self = (Channel *)object;
    long long seen = PyLong_AsLongLong(turn);
    if (seen == -1 && PyErr_Occurred()) return NULL;
    bool is_stuck = self->reader && !self->is_reading && self->turn == seen;
    if (is_stuck) channel_take_away_role(self);
    return PyBool_FromLong(is_stuck);
}

static PyObject *look(PyObject *object, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(pool_look((Channel *)object));
}

static PyObject *is_busy(PyObject *object, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(!((Channel *)object)->is_reading);
}

static PyObject *place_anew(PyObject *object, PyObject *unused) {
    (void)unused;
    ((Channel *)object)->places++;
    return none();
}

#define FAST(function) (PyCFunction)(void *)(function), METH_FASTCALL

static PyMethodDef methods[] = {
    {"ask", FAST(ask),
     "ask(take, is_held, number, operation, *arguments): sends a question in the name of the session or\n"
     "execution with that number, waits for the answer, and gives what `take`, unless it is None, makes of\n"
     "it. Raises `GearsError` with the server's text. `is_held`: the server's thread waits for who asks.\n\n"
     "An abort comes before or after all that: what the server has given is either asked for not at all, or\n"
     "was taken by something that gives it back."},
    {"start", FAST(start),
     "start(on_done, number, operation, *arguments): sends a question. `on_done(failed, value)` is called\n"
     "on the reader's thread and must not wait."},
    {"send", FAST(send), "Sends one message; any thread."},
    {"post", FAST(post),
     "Sends a message soon, together with others: before this thread reads, waits, or loses the role.\n\n"
     "So the server wakes once for all that was done with what was read at once. A thread that is not the\n"
     "reader sends at once."},
    {"flush", flush, METH_NOARGS, "Sends what was posted, and tells what was released."},
    {"release", release, METH_O,
     "Notes the number of something of the server's that nobody here holds any more."},
    {"submit", FAST(submit),
     "submit(lane, job): has `job` run on some thread; one is woken unless the caller will look for work."},
    {"begin", begin, METH_NOARGS, "Makes the first thread, which reads."},
    {"work", work, METH_O, "Runs jobs and reads; what a thread does that `make_worker` has made."},
    {"take_away_role", take_away_role, METH_O,
     "Ends the role of a reader that has done nothing since `turn`; whether it had not."},
    {"look", look, METH_NOARGS,
     "Moves threads that have been computing for some looks away from the server; whether others compute."},
    {"is_busy", is_busy, METH_NOARGS, "Whether nobody waits for messages."},
    {"place_anew", place_anew, METH_NOARGS, "Brings threads to their places anew, since those have changed."},
    {"close", close_here, METH_NOARGS, "This process may not use the socket any more; for a child of it."},
    {0},
};

#define FUNCTION(name, doc) {#name, T_OBJECT, offsetof(Channel, name), 0, doc}

static PyMemberDef members[] = {
    FUNCTION(handlers,
             "Functions by the kinds of messages: they get what stands behind the kind, on the reader's\n"
             "thread, and must not wait."),
    FUNCTION(on_end, "Called with what ends the process: the server has gone, or messages would be lost."),
    FUNCTION(make_worker, "Starts a thread that calls `work` with what this is given."),
    FUNCTION(arm, "Has the lookout look, soon."),
    FUNCTION(move, "move(thread's number, is_far): brings a thread near to the server's, or away from it."),
    {"turn", T_LONGLONG, offsetof(Channel, turn), READONLY, "Counts what the reader does."},
    {"long_count", T_LONG, offsetof(Channel, long_count), READONLY,
     "How many threads are at a job that has turned out to be long."},
    {"may_spin", T_BOOL, offsetof(Channel, may_spin), 0,
     "Whether threads that are away from the server may wait for a moment before they sleep."},
    {"reads", T_LONGLONG, offsetof(Channel, reads), READONLY, "Counts reads."},
    {"is_due", T_BOOL, offsetof(Channel, is_due), 0, "Whether there should be a read before the next step."},
    {"is_crowded", T_BOOL, offsetof(Channel, is_crowded), READONLY,
     "Whether so much comes at once that it is better done beside the server than by turns with it."},
    {"is_armed", T_BOOL, offsetof(Channel, is_armed), 0, "Whether the lookout will look."},
    {0},
};

static PyType_Slot channel_slots[] = {
    {Py_tp_init, (void *)channel_init},
    {Py_tp_dealloc, (void *)channel_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_doc,
     "One end of the socket pair, and the threads that run jobs and read: see `channel.py`."},
    {0},
};

PyType_Spec channel_spec = {
    "redisai_flows._core.Channel", sizeof(Channel), 0, Py_TPFLAGS_DEFAULT, channel_slots};

// Lanes

static int lane_init(PyObject *object, PyObject *arguments, PyObject *words) {
    (void)words;
    Lane *self = (Lane *)object;
    ssize_t count = PyTuple_Size(arguments);
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError, "Lane(limit, is_urgent=False)");
        return -1;
    }
    self->limit = PyLong_AsLong(PyTuple_GetItem(arguments, 0));
    self->is_urgent = count == 2 && PyTuple_GetItem(arguments, 1) == Py_True;
    return PyErr_Occurred() ? -1 : 0;
}

static void lane_dealloc(PyObject *object) {
    Lane *self = (Lane *)object;
    PyTypeObject *type = object->ob_type;
    while (self->count) Py_DecRef(lane_take(self));
    free(self->jobs);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

static PyType_Slot lane_slots[] = {
    {Py_tp_init, (void *)lane_init},
    {Py_tp_dealloc, (void *)lane_dealloc},
    {Py_tp_doc,
     "Lane(limit, is_urgent): what waits to be run for one session, by `limit` threads at once.\n\n"
     "Urgent work comes before all other."},
    {0},
};

PyTypeObject *lane_type;
PyType_Spec lane_spec = {"redisai_flows._core.Lane", sizeof(Lane), 0, Py_TPFLAGS_DEFAULT, lane_slots};
