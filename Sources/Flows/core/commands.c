// Commands of `execute` and `executeAsync`; see `runtime.py`.
#include "core.h"

static PyObject *done_name, *set_result_name, *set_exception_name;

bool commands_prepare(void) {
    done_name = PyUnicode_InternFromString("done");
    set_result_name = PyUnicode_InternFromString("set_result");
    set_exception_name = PyUnicode_InternFromString("set_exception");
    return done_name && set_result_name && set_exception_name;
}

static PyObject *command(PyObject *module, PyObject *words) {
    (void)module;
    if (PyTuple_Size(words) < 1 || !PyType_IsSubtype(PyTuple_GetItem(words, 0)->ob_type, &PyUnicode_Type)) {
        PyErr_SetString(gears_error, "the given command must be a string");
        return NULL;
    }
    return arguments_of(words);
}

// Commands that wait to be sent

typedef struct {
    PyObject base;
    // What has the commands taken soon. What makes a future, without arguments and with these by name.
    PyObject *schedule, *make, *no_words, *words;
    // Of each who asks in turn: (number, futures, commands).
    PyObject *askers;
    // Whether `take` will be called.
    bool is_due;
} Unsent;

static int unsent_init(PyObject *object, PyObject *arguments, PyObject *words) {
    Unsent *self = (Unsent *)object;
    if (self->askers || !words || PyTuple_Size(arguments) != 2) {
        PyErr_SetString(PyExc_TypeError, "Unsent(schedule, future_type, **words)");
        return -1;
    }
    self->schedule = same(PyTuple_GetItem(arguments, 0));
    self->make = same(PyTuple_GetItem(arguments, 1));
    self->words = same(words);
    self->no_words = PyTuple_New(0);
    self->askers = PyList_New(0);
    return self->no_words && self->askers ? 0 : -1;
}

static int unsent_clear(PyObject *object) {
    Unsent *self = (Unsent *)object;
    PyObject *had[] = {self->schedule, self->make, self->no_words, self->words, self->askers};
    self->schedule = self->make = self->no_words = self->words = self->askers = NULL;
    for (size_t at = 0; at < sizeof had / sizeof *had; at++) Py_DecRef(had[at]);
    return 0;
}

static int unsent_traverse(PyObject *object, visitproc visit, void *context) {
    Unsent *self = (Unsent *)object;
    PyObject *has[] = {
        (PyObject *)object->ob_type, self->schedule, self->make, self->no_words, self->words, self->askers};
    int result = 0;
    for (size_t at = 0; result == 0 && at < sizeof has / sizeof *has; at++)
        if (has[at]) result = visit(has[at], context);
    return result;
}

static void unsent_dealloc(PyObject *object) {
    PyTypeObject *type = object->ob_type;
    PyObject_GC_UnTrack(object);
    unsent_clear(object);
    PyObject_GC_Del(object);
    Py_DecRef((PyObject *)type);
}

// The last asker's, if it has this number, or a new one; borrowed.
static PyObject *lists_of(Unsent *self, PyObject *number) {
    ssize_t count = PyList_Size(self->askers);
    PyObject *last = count > 0 ? PyList_GetItem(self->askers, count - 1) : NULL;
    if (last) {
        int is_same = PyObject_RichCompareBool(PyTuple_GetItem(last, 0), number, Py_EQ);
        if (is_same) return is_same < 0 ? NULL : last;
    }
    PyObject *made = Py_BuildValue("(O[][])", number);
    int result = made ? PyList_Append(self->askers, made) : -1;
    // The list holds it.
    Py_DecRef(made);
    return result < 0 ? NULL : made;
}

// Others may have come meanwhile.
static void remove_from(PyObject *lists, PyObject *future) {
    PyObject *futures = PyTuple_GetItem(lists, 1), *commands = PyTuple_GetItem(lists, 2);
    ssize_t at = PyList_Size(futures);
    while (--at >= 0 && PyList_GetItem(futures, at) != future) {
    }
    if (at < 0) return;
    PyList_SetSlice(futures, at, at + 1, NULL);
    PyList_SetSlice(commands, at, at + 1, NULL);
}

static int add_to(Unsent *self, PyObject *number, PyObject *future, PyObject *arguments) {
    PyObject *lists = lists_of(self, number), *futures = lists ? PyTuple_GetItem(lists, 1) : NULL;
    if (!futures || PyList_Append(futures, future) < 0) return -1;
    if (PyList_Append(PyTuple_GetItem(lists, 2), arguments) < 0) {
        PyList_SetSlice(futures, PyList_Size(futures) - 1, PyList_Size(futures), NULL);
        return -1;
    }
    if (self->is_due) return 0;
    // Who comes later relies on this.
    self->is_due = true;
    Py_IncRef(lists);
    int result = outcome(PyObject_CallNoArgs(self->schedule));
    if (result < 0) {
        self->is_due = false;
        remove_from(lists, future);
    }
    Py_DecRef(lists);
    return result;
}

static PyObject *add(PyObject *object, PyObject *const *words, ssize_t count) {
    Unsent *self = (Unsent *)object;
    struct thread *me = thread_here();
    if (count != 2 || words[1]->ob_type != &PyTuple_Type || !self->askers) {
        PyErr_SetString(PyExc_TypeError, "add() takes the number of who asks, and a command");
        return NULL;
    }
    PyObject *arguments = me ? command(NULL, words[1]) : NULL;
    if (!arguments || shield_enter(me) < 0) {
        Py_DecRef(arguments);
        return NULL;
    }
    PyObject *future = PyObject_Call(self->make, self->no_words, self->words);
    int result = future ? add_to(self, words[0], future, arguments) : -1;
    Py_DecRef(arguments);
    if (shield_leave(me) == 0 && result == 0) return future;
    Py_DecRef(future);
    return NULL;
}

static PyObject *take(PyObject *object, PyObject *unused) {
    (void)unused;
    Unsent *self = (Unsent *)object;
    PyObject *next = PyList_New(0);
    if (!next) return NULL;
    PyObject *taken = self->askers;
    self->askers = next;
    self->is_due = false;
    return taken;
}

static PyMethodDef methods[] = {
    {"add", (PyCFunction)(void *)add, METH_FASTCALL,
     "add(number, words): keeps a command of who has that number; the future of its reply."},
    {"take", take, METH_NOARGS,
     "All that there is, to be sent now: a list of (number, futures, commands)."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_init, (void *)unsent_init},
    {Py_tp_dealloc, (void *)unsent_dealloc},
    {Py_tp_traverse, (void *)unsent_traverse},
    {Py_tp_clear, (void *)unsent_clear},
    {Py_tp_methods, methods},
    {Py_tp_doc,
     "Unsent(schedule, future_type, **words): commands of `executeAsync` that wait to be sent, in order.\n\n"
     "`schedule()` has `take` be called soon; futures are made with `words`."},
    {0},
};

PyType_Spec unsent_spec = {
    "redisai_flows._core.Unsent", sizeof(Unsent), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

// Replies

static PyObject *error_of(PyObject *value) {
    PyObject *text = text_of(value), *words = text ? PyObject_Str(text) : NULL;
    PyObject *made = words ? PyObject_CallFunctionObjArgs(gears_error, words, NULL) : NULL;
    Py_DecRef(text);
    Py_DecRef(words);
    return made;
}

// What a reply that cannot be shown raises.
static PyObject *raised(void) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    Py_DecRef(kind);
    Py_DecRef(trace);
    return value;
}

static int answer_one(PyObject *future, PyObject *reply) {
    PyObject *is_done = PyObject_CallMethodObjArgs(future, done_name, NULL);
    if (!is_done) return -1;
    Py_DecRef(is_done);
    if (is_done == Py_True) return 0;
    int failed = PyObject_IsTrue(PyTuple_GetItem(reply, 0));
    PyObject *value = PyTuple_GetItem(reply, 1), *name = failed ? set_exception_name : set_result_name;
    PyObject *made = failed ? error_of(value) : given_value(value);
    if (!made && !failed && PyErr_ExceptionMatches(PyExc_RecursionError)) {
        made = raised();
        name = set_exception_name;
    }
    int result = made ? outcome(PyObject_CallMethodObjArgs(future, name, made, NULL)) : -1;
    Py_DecRef(made);
    return result;
}

static PyObject *answer(PyObject *module, PyObject *const *words, ssize_t count) {
    (void)module;
    PyObject *futures, *replies;
    if (count != 2 || (futures = words[0])->ob_type != &PyList_Type
        || (replies = words[1])->ob_type != &PyList_Type) {
        PyErr_SetString(PyExc_TypeError, "answer() takes a list of futures and one of replies");
        return NULL;
    }
    for (ssize_t at = 0; at < PyList_Size(futures) && at < PyList_Size(replies); at++) {
        PyObject *reply = PyList_GetItem(replies, at);
        if (reply->ob_type != &PyTuple_Type || PyTuple_Size(reply) != 2) {
            PyErr_SetString(PyExc_ValueError, "the server's reply is none");
            return NULL;
        }
        if (answer_one(PyList_GetItem(futures, at), reply) < 0) return NULL;
    }
    return none();
}

PyMethodDef command_methods[] = {
    {"answer", (PyCFunction)(void *)answer, METH_FASTCALL,
     "answer(futures, replies): ends the first futures, unless they have ended, with (failed, value) of\n"
     "each reply; on the loop's thread."},
    {"command", command, METH_O,
     "The arguments of `execute`, a tuple, as the server gets them: bytes as they are, anything else as\n"
     "`str` says. Raises `GearsError` if the first is no `str`."},
    {0},
};
