// The class `Pass` as Python sees it; `passes.c` is what it does.
#include <stddef.h>

#include "core.h"

// `executions.IS_SYNC`
enum { IS_SYNC = 1 };

static PyObject *plain_name, *keepers_name, *new_states_name;

bool pass_type_prepare(void) {
    plain_name = PyUnicode_InternFromString("plain");
    keepers_name = PyUnicode_InternFromString("keepers");
    new_states_name = PyUnicode_InternFromString("new_states");
    return plain_name && keepers_name && new_states_name;
}

// Life

static int init_fields(Pass *self, PyObject *records) {
    replace(&self->status, pass_created);
    self->errors = PyList_New(0);
    self->results = PyList_New(0);
    self->stack = PyList_New(0);
    self->plain = PyObject_GetAttr(self->plan, plain_name);
    self->states = PyObject_CallMethodObjArgs(self->plan, new_states_name, NULL);
    PyObject *keepers = PyObject_GetAttr(self->plan, keepers_name);
    int has_keepers = keepers ? PyObject_IsTrue(keepers) : -1;
    Py_DecRef(keepers);
    if (!self->errors || !self->results || !self->stack || !self->plain || !self->states || has_keepers < 0)
        return -1;
    self->has_keepers = has_keepers;
    self->is_sync = (self->flags & IS_SYNC) != 0;
    // The last one is next.
    for (ssize_t at = records ? PyList_Size(records) : 0; at-- > 0;) {
        PyObject *waits = Py_BuildValue("(lO)", 0L, PyList_GetItem(records, at));
        int result = waits ? PyList_Append(self->stack, waits) : -1;
        Py_DecRef(waits);
        if (result < 0) return -1;
    }
    return 0;
}

static int pass_init(PyObject *object, PyObject *arguments, PyObject *words) {
    static char *names[] = {"session", "number", "plan", "flags", "source", "records", "on_end", NULL};
    Pass *self = (Pass *)object;
    PyObject *session, *number, *plan, *source = Py_None, *records = NULL, *on_end = Py_None;
    if (!PyArg_ParseTupleAndKeywords(
            arguments, words, "OOOl|OO!O", names, &session, &number, &plan, &self->flags, &source,
            &PyList_Type, &records, &on_end)) return -1;
    if (self->session) {
        PyErr_SetString(PyExc_TypeError, "it has begun");
        return -1;
    }
    if (!passes_complete()) return -1;
    replace(&self->session, session);
    replace(&self->number, number);
    replace(&self->plan, plan);
    replace(&self->source, source);
    replace(&self->on_end, on_end);
    return init_fields(self, records);
}

#define FIELDS(self) \
    &(self)->session, &(self)->number, &(self)->plan, &(self)->source, &(self)->on_end, &(self)->errors, \
        &(self)->results, &(self)->status, &(self)->plain, &(self)->states, &(self)->stack, \
        &(self)->waits_at, &(self)->low_future

static int pass_clear(PyObject *object) {
    PyObject **fields[] = {FIELDS((Pass *)object)};
    for (size_t at = 0; at < sizeof fields / sizeof *fields; at++) {
        PyObject *before = *fields[at];
        *fields[at] = NULL;
        Py_DecRef(before);
    }
    return 0;
}

static int pass_traverse(PyObject *object, visitproc visit, void *context) {
    PyObject **fields[] = {FIELDS((Pass *)object)};
    int result = visit((PyObject *)object->ob_type, context);
    for (size_t at = 0; result == 0 && at < sizeof fields / sizeof *fields; at++)
        if (*fields[at]) result = visit(*fields[at], context);
    return result;
}

static void pass_dealloc(PyObject *object) {
    PyTypeObject *type = object->ob_type;
    PyObject_GC_UnTrack(object);
    pass_clear(object);
    PyObject_GC_Del(object);
    Py_DecRef((PyObject *)type);
}

// Methods

static PyObject *run(PyObject *object, PyObject *unused) {
    (void)unused;
    ((Pass *)object)->started_at = clock_exact();
    return pass_advance((Pass *)object, NULL, NULL) < 0 ? NULL : none();
}

static PyObject *go_on(PyObject *object, PyObject *const *words, ssize_t count) {
    if (count == 2) return pass_advance((Pass *)object, words[0], words[1]) < 0 ? NULL : none();
    PyErr_SetString(PyExc_TypeError, "go_on(value, error)");
    return NULL;
}

static PyObject *abort_now(PyObject *object, PyObject *unused) {
    (void)unused;
    return pass_abort((Pass *)object) < 0 ? NULL : none();
}

static PyObject *in_step(PyObject *object, PyObject *unused) {
    (void)unused;
    struct thread *runs = ((Pass *)object)->thread;
    return PyBool_FromLong(runs && runs == thread_here());
}

static PyObject *milliseconds(PyObject *object, PyObject *unused) {
    (void)unused;
    return PyLong_FromLongLong(pass_milliseconds((Pass *)object));
}

static PyMethodDef methods[] = {
    {"run", run, METH_NOARGS, "Begins; a job of a worker."},
    {"go_on", (PyCFunction)(void *)go_on, METH_FASTCALL,
     "go_on(value, error): goes on with what the step that waits has waited for; a job of a worker."},
    {"abort", abort_now, METH_NOARGS,
     "Ends it at once; any thread. A step that runs meets `FlowAborted`, once a call into C returns."},
    {"in_step", in_step, METH_NOARGS,
     "Whether the caller runs within a step of this execution, and not in a coroutine of it."},
    {"milliseconds", milliseconds, METH_NOARGS, "How long it has run, waiting included."},
    {0},
};

#define FIELD(name, flags, doc) {#name, T_OBJECT, offsetof(Pass, name), flags, doc}

static PyMemberDef members[] = {
    FIELD(session, READONLY, "The session that it belongs to."),
    FIELD(number, READONLY, "What the server calls it."),
    FIELD(plan, READONLY, "Its `Plan`."),
    FIELD(states, READONLY, "What steps have to remember, by their indices."),
    FIELD(source, READONLY, "Where more records come from, or None."),
    FIELD(errors, READONLY, "Texts of what went wrong: a list."),
    FIELD(results, READONLY, "Records that have passed all steps: a list."),
    FIELD(status, READONLY, "`created`, `running`, `done` or `aborted`."),
    FIELD(stack, 0, "Records that wait for a step: (its index, record); the last one is next."),
    FIELD(waits_at, 0, "(index, record) of the step whose outcome is awaited, or None."),
    FIELD(low_future, 0, "The `LowFuture` of the step that runs, or None."),
    {"flags", T_LONG, offsetof(Pass, flags), READONLY, "How it was started; see `executions`."},
    {"at", T_LONG, offsetof(Pass, at), READONLY, "The index of the step that runs."},
    {"floor", T_LONG, offsetof(Pass, floor), 0, "Steps before this one get no more records."},
    {"is_over", T_BOOL, offsetof(Pass, is_over), READONLY, "Whether it has ended."},
    {"is_sync", T_BOOL, offsetof(Pass, is_sync), 0, "Whether the server's thread waits for it."},
    {"is_aborted", T_BOOL, offsetof(Pass, is_aborted), READONLY, "Whether it is to end, or has ended so."},
    {"is_awaited", T_BOOL, offsetof(Pass, is_awaited), 0, "Whether a flow wants to hear of its end, too."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_init, (void *)pass_init},
    {Py_tp_dealloc, (void *)pass_dealloc},
    {Py_tp_traverse, (void *)pass_traverse},
    {Py_tp_clear, (void *)pass_clear},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_doc,
     "Pass(session, number, plan, flags, source=None, records=[], on_end=None): takes records through the\n"
     "steps of a plan: on one thread at a time, and on none while it waits. A subclass says the rest.\n\n"
     "`source` has `next()`: a list of records, or None when there are no more; `records` come before them.\n"
     "`on_end(pass)` is called once, when nothing runs for it any more."},
    {0},
};

PyType_Spec pass_spec = {
    "redisai_flows._core.Pass", sizeof(Pass), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
