// What values become on their way from the server to a flow, and back; see `values.py`.
#include "core.h"

// Python's own limit for code that calls itself is about a thousand; values do not lie deeper either.
enum { LEVELS = 1000 };

static PyObject *byte_types;

bool values_prepare(void) {
    byte_types = PyTuple_New(2);
    if (!byte_types) return false;
    Py_IncRef((PyObject *)&PyBytes_Type);
    Py_IncRef((PyObject *)&PyByteArray_Type);
    PyTuple_SetItem(byte_types, 0, (PyObject *)&PyBytes_Type);
    PyTuple_SetItem(byte_types, 1, (PyObject *)&PyByteArray_Type);
    return true;
}

PyObject *text_of(PyObject *bytes) {
    char *data;
    ssize_t size;
    if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
    PyObject *text = PyUnicode_DecodeUTF8(data, size, NULL);
    if (text || !PyErr_ExceptionMatches(PyExc_ValueError)) return text;
    PyErr_Clear();
    return PyByteArray_FromStringAndSize(data, size);
}

// Bytes that name a field: bytearrays are no keys of a dict.
static PyObject *name_of(PyObject *value) {
    PyObject *text = text_of(value);
    if (!text || text->ob_type == &PyUnicode_Type) return text;
    Py_DecRef(text);
    return same(value);
}

static PyObject *given(PyObject *value, int level);

static PyObject *given_list(PyObject *list, int level) {
    ssize_t count = PyList_Size(list);
    PyObject *made = PyList_New(count);
    for (ssize_t at = 0; made && at < count; at++) {
        PyObject *item = given(PyList_GetItem(list, at), level + 1);
        if (!item) {
            Py_DecRef(made);
            return NULL;
        }
        PyList_SetItem(made, at, item);
    }
    return made;
}

static PyObject *given_dict(PyObject *dict, int level) {
    PyObject *made = PyDict_New(), *key, *value;
    ssize_t at = 0;
    while (made && PyDict_Next(dict, &at, &key, &value)) {
        PyObject *name = name_of(key), *item = name ? given(value, level + 1) : NULL;
        int result = item ? PyDict_SetItem(made, name, item) : -1;
        Py_DecRef(name);
        Py_DecRef(item);
        if (result < 0) {
            Py_DecRef(made);
            return NULL;
        }
    }
    return made;
}

static PyObject *given(PyObject *value, int level) {
    PyTypeObject *type = value->ob_type;
    if (type == &PyBytes_Type) return text_of(value);
    if (type != &PyList_Type && type != &PyDict_Type) return same(value);
    if (level > LEVELS) {
        PyErr_SetString(PyExc_RecursionError, "a reply has too many levels");
        return NULL;
    }
    return type == &PyList_Type ? given_list(value, level) : given_dict(value, level);
}

PyObject *given_value(PyObject *value) {
    return given(value, 1);
}

static PyObject *from_server(PyObject *module, PyObject *value) {
    (void)module;
    return given_value(value);
}

static PyObject *text(PyObject *module, PyObject *bytes) {
    (void)module;
    return text_of(bytes);
}

static PyObject *name(PyObject *module, PyObject *bytes) {
    (void)module;
    return name_of(bytes);
}

static PyObject *argument(PyObject *module, PyObject *value) {
    (void)module;
    PyTypeObject *type = value->ob_type;
    if (type == &PyBytes_Type) return same(value);
    if (type == &PyUnicode_Type) return PyUnicode_AsEncodedString(value, "utf-8", "surrogateescape");
    int is_bytes = PyObject_IsInstance(value, byte_types);
    if (is_bytes < 0) return NULL;
    if (is_bytes) return PyBytes_FromObject(value);
    PyObject *words = PyObject_Str(value);
    PyObject *made = words ? PyUnicode_AsEncodedString(words, "utf-8", "surrogateescape") : NULL;
    Py_DecRef(words);
    return made;
}

PyObject *arguments_of(PyObject *words) {
    ssize_t count = PyTuple_Size(words);
    PyObject *made = count < 0 ? NULL : PyList_New(count);
    for (ssize_t at = 0; made && at < count; at++) {
        PyObject *word = argument(NULL, PyTuple_GetItem(words, at));
        if (!word) {
            Py_DecRef(made);
            return NULL;
        }
        PyList_SetItem(made, at, word);
    }
    return made;
}

static PyObject *arguments(PyObject *module, PyObject *words) {
    (void)module;
    return arguments_of(words);
}

PyMethodDef value_methods[] = {
    {"text", text, METH_O,
     "Bytes of the server as a flow sees them: `str` if they are UTF-8, else `bytearray`."},
    {"from_server", from_server, METH_O,
     "A value of the server (bytes, int, None, float, bool, list, dict) as a flow sees it, at any depth."},
    {"name", name, METH_O, "Bytes that name a field: `str` if they are UTF-8, else `bytes`."},
    {"argument", argument, METH_O,
     "An argument of `execute` as the server gets it: bytes as they are, anything else as `str` says."},
    {"arguments", arguments, METH_O, "The same for each of a tuple: a list."},
    {0},
};
