// What a flow has brought, as the server replies it; see `values.py`.
#include <string.h>

#include "core.h"

enum {
    // `wire.RESULTS`, `wire.DONE`
    RESULTS = 4,
    DONE = 5,
    // The level of a record in a message: it lies in a list, and that in the message.
    RECORD_DEPTH = 3,
    // The size from which results travel in pieces, in bytes.
    PIECE_SIZE = 1024 * 1024,
};

// What stands in a reply for a record that has no form there.
static PyObject *opaque(void) {
    return PyBytes_FromStringAndSize("PY RECORD", 9);
}

static PyObject *signed_text(const char *data, ssize_t size) {
    PyObject *sign = PyUnicode_DecodeUTF8(data, 1, NULL);
    PyObject *rest = sign ? PyBytes_FromStringAndSize(data + 1, size - 1) : NULL;
    PyObject *made = rest ? Py_BuildValue("(OO)", sign, rest) : NULL;
    Py_DecRef(sign);
    Py_DecRef(rest);
    return made;
}

// A text as bytes; one that begins with a sign as a status or an error.
static PyObject *reply_of_text(PyObject *record, int depth) {
    PyObject *bytes = PyUnicode_AsEncodedString(record, "utf-8", "surrogateescape");
    char *data;
    ssize_t size;
    if (!bytes || PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
    if (size < 2 || (*data != '+' && *data != '-')) return bytes;
    PyObject *made = depth > DEPTH_LIMIT ? opaque() : signed_text(data, size);
    Py_DecRef(bytes);
    return made;
}

static PyObject *reply_of_integer(PyObject *record) {
    int overflow;
    PyObject *number = PyNumber_Long(record);
    if (!number) return NULL;
    PyLong_AsLongLongAndOverflow(number, &overflow);
    if (!overflow) return number;
    PyObject *text = PyObject_Str(number);
    PyObject *made = text ? PyUnicode_AsEncodedString(text, "ascii", NULL) : NULL;
    Py_DecRef(number);
    Py_DecRef(text);
    return made;
}

static PyObject *reply_of_number(PyObject *record) {
    double number = PyFloat_AsDouble(record);
    char *digits = PyOS_double_to_string(number, 'f', 6, 0, NULL);
    PyObject *made = digits ? PyBytes_FromStringAndSize(digits, (ssize_t)strlen(digits)) : NULL;
    PyMem_Free(digits);
    return made;
}

// A list of what the items of another one become, at that level.
static PyObject *mapped(PyObject *list, PyObject *(*function)(PyObject *item, int depth), int depth) {
    PyObject *made = PyList_New(0);
    long long since = clock_now();
    // It may change meanwhile.
    for (ssize_t at = 0; made && at < PyList_Size(list); at++) {
        PyObject *item = same(PyList_GetItem(list, at)), *value = function(item, depth);
        int result = value ? PyList_Append(made, value) : -1;
        Py_DecRef(item);
        Py_DecRef(value);
        if (result < 0) {
            Py_DecRef(made);
            return NULL;
        }
        let_others(&since);
    }
    return made;
}

static PyObject *reply_of(PyObject *record, int depth) {
    PyTypeObject *type = record->ob_type;
    if (PyType_IsSubtype(type, &PyUnicode_Type)) return reply_of_text(record, depth);
    if (PyType_IsSubtype(type, &PyLong_Type)) return reply_of_integer(record);
    if (type == &PyBytes_Type) return same(record);
    if (PyType_IsSubtype(type, &PyBytes_Type)) return PyBytes_FromObject(record);
    if (PyType_IsSubtype(type, &PyList_Type))
        return depth > DEPTH_LIMIT ? opaque() : mapped(record, reply_of, depth + 1);
    if (PyType_IsSubtype(type, &PyFloat_Type)) return reply_of_number(record);
    return opaque();
}

static PyObject *reply(PyObject *module, PyObject *record) {
    (void)module;
    return reply_of(record, RECORD_DEPTH);
}

// About how many bytes a reply takes in a message.
static size_t size_of(PyObject *value) {
    if (value->ob_type == &PyBytes_Type) {
        char *data;
        ssize_t size;
        return PyBytes_AsStringAndSize(value, &data, &size) < 0 ? 0 : 5 + (size_t)size;
    }
    if (value->ob_type == &PyTuple_Type) return 5 + size_of(PyTuple_GetItem(value, 1));
    if (value->ob_type != &PyList_Type) return 9;
    size_t size = 5;
    for (ssize_t at = 0; at < PyList_Size(value); at++) size += size_of(PyList_GetItem(value, at));
    return size;
}

static int post(Channel *channel, PyObject *const *values, ssize_t count) {
    struct thread *me = thread_here();
    ssize_t size = me ? channel_note(channel, values, count) : -1;
    return size < 0 ? -1 : channel_post(channel, me, size);
}

// Posts all replies but the last ones, if they are many; those, a list.
static PyObject *post_pieces(Channel *channel, PyObject *number, PyObject *replies) {
    ssize_t count = PyList_Size(replies), first = 0;
    if (count < 2) return same(replies);
    PyObject *kind = PyLong_FromLongLong(RESULTS), *piece = kind ? PyList_New(0) : NULL;
    size_t size = 0;
    long long since = clock_now();
    for (ssize_t at = 0; piece && at < count; at++) {
        PyObject *value = PyList_GetItem(replies, at);
        size_t more = size_of(value);
        if (at > first && size + more > PIECE_SIZE) {
            PyObject *values[] = {kind, number, piece}, *next = NULL;
            if (post(channel, values, 3) == 0) next = PyList_New(0);
            Py_DecRef(piece);
            piece = next;
            first = at;
            size = 0;
        }
        let_others(&since);
        size += more;
        if (piece && PyList_Append(piece, value) < 0) {
            Py_DecRef(piece);
            piece = NULL;
        }
    }
    Py_DecRef(kind);
    return piece;
}

// An error's text as it travels; what is no text in UTF-8 is replaced.
static PyObject *error_of(PyObject *text, int depth) {
    (void)depth;
    return PyUnicode_AsEncodedString(text, "utf-8", "replace");
}

static PyObject *error_bytes(PyObject *module, PyObject *text) {
    (void)module;
    return error_of(text, 0);
}

int replies_tell(Channel *channel, const struct ending *ending) {
    PyObject *errors = mapped(ending->errors, error_of, RECORD_DEPTH);
    PyObject *replies = NULL;
    if (errors) replies = ending->results ? mapped(ending->results, reply_of, RECORD_DEPTH) : PyList_New(0);
    PyObject *last = replies ? post_pieces(channel, ending->number, replies) : NULL;
    PyObject *kind = PyLong_FromLongLong(DONE), *milliseconds = PyLong_FromLongLong(ending->milliseconds);
    int result = -1;
    if (last && kind && milliseconds) {
        PyObject *values[] = {kind, ending->number, ending->status, milliseconds, last, errors};
        result = post(channel, values, 6);
    }
    PyObject *made[] = {errors, replies, last, kind, milliseconds};
    for (size_t at = 0; at < sizeof made / sizeof *made; at++) Py_DecRef(made[at]);
    return result;
}

PyMethodDef reply_methods[] = {
    {"reply", reply, METH_O,
     "A record as the reply of a command: bytes, int, list, `(\"+\", status)` or `(\"-\", error)`.\n\n"
     "Floats have six decimals. What has no form in a reply becomes `PY RECORD`, and so does what lies\n"
     "deeper in lists than messages go."},
    {"error_bytes", error_bytes, METH_O,
     "An error's text as it travels; what is no text in UTF-8 is replaced."},
    {0},
};
