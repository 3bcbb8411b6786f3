// Values from the bytes of messages; see `wire.py`.
#include <string.h>

#include "core.h"

enum { READ_DEPTH_LIMIT = 2000 };

struct reader {
    const char *at, *end;
};

static PyObject *read_value(struct reader *reader, int depth);

static PyObject *refuse(void) {
    PyErr_SetString(PyExc_ValueError, "the server's message cannot be read");
    return NULL;
}

static bool has(struct reader *reader, size_t size) {
    return (size_t)(reader->end - reader->at) >= size;
}

// A number of values or bytes, or -1 with an exception; each takes a byte at least.
static ssize_t read_size(struct reader *reader) {
    int32_t size;
    if (!has(reader, sizeof size)) return refuse(), -1;
    memcpy(&size, reader->at, sizeof size);
    reader->at += sizeof size;
    if (size < 0 || !has(reader, (size_t)size)) return refuse(), -1;
    return size;
}

static PyObject *read_digits(struct reader *reader) {
    int32_t size;
    if (!has(reader, sizeof size)) return refuse();
    memcpy(&size, reader->at, sizeof size);
    reader->at += sizeof size;
    int32_t count = size < 0 ? -size : size;
    if (size == INT32_MIN || count > 5 || !has(reader, sizeof(uint16_t) * (size_t)count)) return refuse();
    unsigned long long number = 0;
    for (int32_t at = 0; at < count; at++) {
        uint16_t digit;
        memcpy(&digit, reader->at + sizeof digit * (size_t)at, sizeof digit);
        number |= (unsigned long long)digit << (15 * at);
    }
    reader->at += sizeof(uint16_t) * (size_t)count;
    return PyLong_FromLongLong((long long)(size < 0 ? 0 - number : number));
}

static PyObject *read_sequence(struct reader *reader, bool is_tuple, int depth) {
    ssize_t count = read_size(reader);
    if (count < 0) return NULL;
    PyObject *made = is_tuple ? PyTuple_New(count) : PyList_New(count);
    for (ssize_t at = 0; made && at < count; at++) {
        PyObject *item = read_value(reader, depth + 1);
        if (!item) {
            Py_DecRef(made);
            return NULL;
        }
        is_tuple ? PyTuple_SetItem(made, at, item) : PyList_SetItem(made, at, item);
    }
    return made;
}

static PyObject *read_dict(struct reader *reader, int depth) {
    PyObject *made = PyDict_New();
    while (made && has(reader, 1) && *reader->at != '0') {
        PyObject *key = read_value(reader, depth + 1);
        PyObject *value = key ? read_value(reader, depth + 1) : NULL;
        int result = value ? PyDict_SetItem(made, key, value) : -1;
        Py_DecRef(key);
        Py_DecRef(value);
        if (result < 0) {
            Py_DecRef(made);
            return NULL;
        }
    }
    if (made && !has(reader, 1)) {
        Py_DecRef(made);
        return refuse();
    }
    reader->at++;
    return made;
}

static PyObject *read_block(struct reader *reader, bool is_text) {
    ssize_t size = read_size(reader);
    if (size < 0) return NULL;
    const char *data = reader->at;
    reader->at += size;
    return is_text ? PyUnicode_DecodeUTF8(data, size, NULL) : PyBytes_FromStringAndSize(data, size);
}

static PyObject *constant(PyObject *value) {
    Py_IncRef(value);
    return value;
}

static PyObject *read_value(struct reader *reader, int depth) {
    if (!has(reader, 1) || depth > READ_DEPTH_LIMIT) return refuse();
    char code = *reader->at++;
    switch (code) {
        case 's': case 'u': return read_block(reader, code == 'u');
        case 'i': {
            int32_t number;
            if (!has(reader, sizeof number)) return refuse();
            memcpy(&number, reader->at, sizeof number);
            reader->at += sizeof number;
            return PyLong_FromLongLong(number);
        }
        case '(': case '[': return read_sequence(reader, code == '(', depth);
        case 'N': return constant(Py_None);
        case 'T': return constant(Py_True);
        case 'F': return constant(Py_False);
        case 'l': return read_digits(reader);
        case 'g': {
            double number;
            if (!has(reader, sizeof number)) return refuse();
            memcpy(&number, reader->at, sizeof number);
            reader->at += sizeof number;
            return PyFloat_FromDouble(number);
        }
        case '{': return read_dict(reader, depth);
        default: return refuse();
    }
}

PyObject *wire_read(const char *bytes, size_t size) {
    struct reader reader = {bytes, bytes + size};
    // Code that runs when garbage is collected must not see half a message.
    int was_enabled = PyGC_Disable();
    PyObject *value = read_value(&reader, 1);
    if (was_enabled) PyGC_Enable();
    if (value && reader.at != reader.end) {
        Py_DecRef(value);
        return refuse();
    }
    return value;
}
