// What the server keeps for this process.
#include <stddef.h>

#include "core.h"

typedef struct {
    PyObject base;
    PyObject *channel;
    long long number;
} Held;

static int held_init(PyObject *object, PyObject *arguments, PyObject *words) {
    (void)words;
    Held *self = (Held *)object;
    PyObject *channel = PyTuple_Size(arguments) == 2 ? PyTuple_GetItem(arguments, 0) : NULL;
    if (!channel || channel->ob_type != channel_type || self->channel) {
        PyErr_SetString(PyExc_TypeError, "Held(channel, number)");
        return -1;
    }
    self->number = PyLong_AsLongLong(PyTuple_GetItem(arguments, 1));
    if (self->number == -1 && PyErr_Occurred()) return -1;
    Py_IncRef(channel);
    self->channel = channel;
    return 0;
}

static void held_dealloc(PyObject *object) {
    Held *self = (Held *)object;
    PyTypeObject *type = object->ob_type;
    if (self->channel) channel_release((Channel *)self->channel, self->number);
    Py_DecRef(self->channel);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

static PyMemberDef members[] = {
    {"number", T_LONGLONG, offsetof(Held, number), READONLY, "What the server calls it."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_init, (void *)held_init},
    {Py_tp_dealloc, (void *)held_dealloc},
    {Py_tp_members, members},
    {Py_tp_doc,
     "Held(channel, number): something that the server keeps until nobody has this any more."},
    {0},
};

PyType_Spec held_spec = {"redisai_flows._core.Held", sizeof(Held), 0, Py_TPFLAGS_DEFAULT, slots};
