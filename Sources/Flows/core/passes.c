// How records go through steps; see `executions.py`, whose class is built on this one.
#include "core.h"

// `executions.TELLS_RESULTS`
enum { TELLS_RESULTS = 16 };

PyObject *pass_created;
static PyObject *running, *done, *aborted, *abort_text;
static PyObject *step_name, *accept_name, *failed_name,
    *has_more_name, *finish_step_name, *take_outcome_name, *wait_name, *tell_name, *untold_name,
    *channel_name;
// Bound methods of the variable that says who asks.
static PyObject *set_current, *reset_current;
// Types that a step may return to be waited for; what it returns if its record ends here.
static PyObject *coroutine_type, *low_future_type, *dropped;

bool passes_prepare(void) {
    const struct {
        PyObject **name;
        const char *text;
    } names[] = {
        {&pass_created, "created"}, {&running, "running"}, {&done, "done"}, {&aborted, "aborted"},
        {&abort_text, "execution aborted"}, {&step_name, "_step"}, {&accept_name, "_accept"},
        {&failed_name, "_failed"}, {&has_more_name, "_has_more"}, {&finish_step_name, "_finish_step"},
        {&take_outcome_name, "_take_outcome"}, {&wait_name, "_wait"}, {&tell_name, "_tell_future"},
        {&untold_name, "_untold"}, {&channel_name, "channel"},
    };
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        if (!(*names[at].name = PyUnicode_InternFromString(names[at].text))) return false;
    PyObject *current = imported("redisai_flows.asking", "current");
    set_current = current ? PyObject_GetAttrString(current, "set") : NULL;
    reset_current = current ? PyObject_GetAttrString(current, "reset") : NULL;
    Py_DecRef(current);
    coroutine_type = imported("types", "CoroutineType");
    dropped = imported("redisai_flows.steps", "DROPPED");
    return set_current && reset_current && coroutine_type && dropped;
}

bool passes_complete(void) {
    return low_future_type || (low_future_type = imported("redisai_flows.low_future", "LowFuture"));
}

// Calls of what is in Python

static int truth(PyObject *result) {
    int answer = result ? PyObject_IsTrue(result) : -1;
    Py_DecRef(result);
    return answer;
}

long long pass_milliseconds(Pass *self) {
    return self->started_at ? (clock_exact() - self->started_at) / 1000000 : 0;
}

// Tells the server what kept the end from being told.
static int tell_failure(Pass *self, Channel *channel, struct ending *ending) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *text = PyObject_CallMethodObjArgs(&self->base, untold_name, value, NULL);
    PyObject *errors = text ? Py_BuildValue("[O]", text) : NULL;
    ending->results = NULL;
    ending->errors = errors;
    int result = errors ? replies_tell(channel, ending) : -1;
    PyObject *had[] = {kind, value, trace, text, errors};
    for (size_t at = 0; at < sizeof had / sizeof *had; at++) Py_DecRef(had[at]);
    return result;
}

// Tells whoever waits for it. Who awaits it may tell the server what that makes of it, so the server hears of
// this end first.
static int tell_end(Pass *self) {
    Channel *channel = (Channel *)PyObject_GetAttr(self->session, channel_name);
    if (!channel) return -1;
    bool is_wanted = (self->flags & TELLS_RESULTS) && self->status == done;
    struct ending ending = {
        self->number, self->status, is_wanted ? self->results : NULL, self->errors, pass_milliseconds(self)};
    int result = replies_tell(channel, &ending);
    if (result < 0 && PyErr_ExceptionMatches(PyExc_Exception)) result = tell_failure(self, channel, &ending);
    // The server's thread waits for it.
    if (result == 0 && self->is_sync) result = channel_flush(channel);
    Py_DecRef(&channel->base);
    if (result < 0 || !self->is_awaited) return result;
    return outcome(PyObject_CallMethodObjArgs(&self->base, tell_name, NULL));
}

// Nothing runs for it any more.
static int close_pass(Pass *self) {
    return self->on_end == Py_None ? 0 : outcome(PyObject_CallFunctionObjArgs(self->on_end, self, NULL));
}

// Running

// Notes what a step has raised; -1 if that is not the flow's.
static int note_failure(Pass *self) {
    if (PyErr_ExceptionMatches(flow_aborted) || PyErr_ExceptionMatches(server_gone)) return -1;
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    if (trace) PyException_SetTraceback(value, trace);
    int result = outcome(PyObject_CallMethodObjArgs(&self->base, failed_name, value, NULL));
    Py_DecRef(kind);
    Py_DecRef(value);
    Py_DecRef(trace);
    return result;
}

static PyObject *run_step(Pass *self, PyObject *record) {
    PyObject *function = PyTuple_GetItem(self->plain, self->at);
    if (!function) return NULL;
    return function != Py_None ? PyObject_CallFunctionObjArgs(function, record, NULL)
                               : PyObject_CallMethodObjArgs(&self->base, step_name, record, NULL);
}

// Takes a record, which it takes over, through the steps from `index` on; what one of them waits for.
static int go_through(Pass *self, long index, PyObject *record, PyObject **awaited) {
    for (; index < PyTuple_Size(self->plain); index++) {
        self->at = index;
        PyObject *result = run_step(self, record), *given = record;
        bool waits = result && ((PyObject *)result->ob_type == coroutine_type
                                || (PyObject *)result->ob_type == low_future_type);
        if (waits) *awaited = PyObject_CallMethodObjArgs(&self->base, accept_name, given, result, NULL);
        else if (result && self->low_future) replace(&self->low_future, Py_None);
        record = result;
        Py_DecRef(given);
        if (!result || (waits && !*awaited)) {
            Py_DecRef(record);
            return note_failure(self);
        }
        if (waits || record == dropped) {
            Py_DecRef(record);
            return 0;
        }
    }
    int result = PyList_Append(self->results, record);
    Py_DecRef(record);
    return result;
}

// Takes the last of the stack; 0 if it is empty.
static int pop(Pass *self, long *index, PyObject **record) {
    ssize_t count = PyList_Size(self->stack);
    if (count <= 0) return (int)count;
    PyObject *last = PyList_GetItem(self->stack, count - 1);
    if (!PyArg_ParseTuple(last, "lO", index, record)) return -1;
    Py_IncRef(*record);
    if (PyList_SetSlice(self->stack, count - 1, count, NULL) == 0) return 1;
    Py_DecRef(*record);
    return -1;
}

// Works until the end, or until a step has to wait: for `awaited`.
static int work(Pass *self, PyObject **awaited) {
    int goes_on;
    long long since = clock_now();
    do {
        long index;
        PyObject *record;
        while ((goes_on = pop(self, &index, &record)) > 0) {
            if (index < self->floor) Py_DecRef(record);
            else if (go_through(self, index, record, awaited) < 0) return -1;
            let_others(&since);
            // What is raised to end it comes only where code of Python runs.
            if (*awaited || self->is_aborted) return 0;
        }
        if (goes_on == 0 && self->source != Py_None)
            goes_on = truth(PyObject_CallMethodObjArgs(&self->base, has_more_name, NULL));
        if (goes_on == 0 && self->has_keepers)
            goes_on = truth(PyObject_CallMethodObjArgs(&self->base, finish_step_name, NULL));
    } while (goes_on > 0);
    return goes_on;
}

// The same on this thread, with the execution as the one who asks.
static int work_as_asker(Pass *self, PyObject *value, PyObject *error, PyObject **awaited) {
    PyObject *token = PyObject_CallFunctionObjArgs(set_current, self, NULL);
    int result = token ? 0 : -1;
    if (result == 0 && value)
        result = outcome(PyObject_CallMethodObjArgs(&self->base, take_outcome_name, value, error, NULL));
    if (result == 0) result = work(self, awaited);
    PyObject *kind, *raised, *trace;
    PyErr_Fetch(&kind, &raised, &trace);
    int was_reset = token ? outcome(PyObject_CallFunctionObjArgs(reset_current, token, NULL)) : 0;
    if (kind) PyErr_Restore(kind, raised, trace);
    Py_DecRef(token);
    return was_reset < 0 ? -1 : result;
}

// Tells the abort, once: both who aborts it and the thread that it leaves may be here.
static int end_aborted(Pass *self) {
    if (self->is_over) return 0;
    self->is_over = true;
    replace(&self->status, aborted);
    return PyList_Append(self->errors, abort_text) < 0 ? -1 : tell_end(self);
}

static bool is_made(Pass *self) {
    if (!self->states) PyErr_SetString(PyExc_TypeError, "the execution was not made as a whole");
    return self->states;
}

// Goes on until the end, or until a step has to wait; with what one has waited for, if anything.
int pass_advance(Pass *self, PyObject *value, PyObject *error) {
    struct thread *me = thread_here();
    if (!me || !is_made(self)) return -1;
    if (self->is_aborted) return 0;
    replace(&self->status, running);
    self->thread = me;
    PyObject *awaited = NULL;
    int result = work_as_asker(self, value, error, &awaited);
    // No step runs any more; that is the end if nothing is waited for.
    self->thread = NULL;
    if (!awaited && !self->is_aborted) {
        self->is_over = true;
        replace(&self->status, done);
    }
    if (result < 0 && !PyErr_ExceptionMatches(flow_aborted)) {
        Py_DecRef(awaited);
        return -1;
    }
    if (result < 0) PyErr_Clear();
    if (self->is_aborted) {
        // What was raised to end this execution must not come to another one.
        shield_clear(me);
        result = end_aborted(self) < 0 ? -1 : close_pass(self);
    } else if (!awaited) {
        result = tell_end(self) < 0 ? -1 : close_pass(self);
    } else {
        result = outcome(PyObject_CallMethodObjArgs(&self->base, wait_name, awaited, NULL));
    }
    Py_DecRef(awaited);
    return result;
}

int pass_abort(Pass *self) {
    if (!is_made(self)) return -1;
    if (self->is_aborted || self->is_over) return 0;
    self->is_aborted = true;
    struct thread *runs = self->thread;
    if (runs) thread_raise(runs, flow_aborted);
    int result = end_aborted(self);
    return result == 0 && !runs ? close_pass(self) : result;
}
