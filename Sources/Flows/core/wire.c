// Messages as bytes; see `wire.py`, and `decoding.c` for the way back.
#include <stdlib.h>
#include <string.h>

#include "core.h"

PyObject *message_too_long;

// Room that is kept for the next message, in bytes.
enum { KEPT_ROOM = 1024 * 1024 };

bool bytes_reserve(struct bytes *bytes, size_t more) {
    if (bytes->capacity - bytes->size >= more) return true;
    size_t capacity = bytes->capacity ? bytes->capacity : 4096;
    while (capacity - bytes->size < more) capacity *= 2;
    char *data = realloc(bytes->data, capacity);
    if (!data) return false;
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

// Writing

struct writer {
    struct bytes *out;
    // Where the message begins.
    size_t start;
    // Values within the message.
    long count;
    // What does not travel, if that is why it failed.
    PyObject *refused;
};

static int write_value(struct writer *writer, PyObject *value, int depth);

static int refuse_size(void) {
    PyErr_Format(message_too_long, "a message is too long: %d bytes is the limit", MESSAGE_LIMIT);
    return -1;
}

static int write_bytes(struct writer *writer, const void *data, size_t size) {
    if (writer->out->size - writer->start + size > MESSAGE_LIMIT + sizeof(uint32_t)) return refuse_size();
    if (!bytes_reserve(writer->out, size)) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(writer->out->data + writer->out->size, data, size);
    writer->out->size += size;
    return 0;
}

static int write_code(struct writer *writer, char code) {
    return write_bytes(writer, &code, 1);
}

static int write_number(struct writer *writer, char code, int32_t number) {
    char data[1 + sizeof number] = {code};
    memcpy(data + 1, &number, sizeof number);
    return write_bytes(writer, data, sizeof data);
}

static int write_block(struct writer *writer, char code, const char *data, ssize_t size) {
    if (size > MESSAGE_LIMIT) return refuse_size();
    if (write_number(writer, code, (int32_t)size) < 0) return -1;
    return write_bytes(writer, data, (size_t)size);
}

// Digits of 15 bits, the lowest one first; their number has the integer's sign.
static int write_integer(struct writer *writer, long long number) {
    if (number >= INT32_MIN && number <= INT32_MAX) return write_number(writer, 'i', (int32_t)number);
    unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    uint16_t digits[5];
    int32_t count = 0;
    for (; rest; rest >>= 15) digits[count++] = rest & 0x7FFF;
    if (write_number(writer, 'l', number < 0 ? -count : count) < 0) return -1;
    return write_bytes(writer, digits, sizeof *digits * (size_t)count);
}

static int write_long(struct writer *writer, PyObject *value) {
    int overflow = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (!overflow) return write_integer(writer, number);
    PyErr_SetString(PyExc_ValueError, "integers have at most 64 bits");
    return -1;
}

static int write_text(struct writer *writer, PyObject *value) {
    ssize_t size;
    const char *data = PyUnicode_AsUTF8AndSize(value, &size);
    // Surrogates raise UnicodeEncodeError, which is a ValueError.
    return data ? write_block(writer, 'u', data, size) : -1;
}

static int write_buffer(struct writer *writer, PyObject *value) {
    Py_buffer buffer;
    if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, "memory in pieces does not travel");
        return -1;
    }
    int result = write_block(writer, 's', buffer.buf, buffer.len);
    PyBuffer_Release(&buffer);
    return result;
}

// Begins a value with `count` values, `held` of them at its level.
static int write_start(struct writer *writer, char code, ssize_t held, ssize_t count, int depth) {
    if (depth > DEPTH_LIMIT) {
        PyErr_Format(PyExc_ValueError, "there are at most %d levels of values within others", DEPTH_LIMIT);
        return -1;
    }
    // Each takes a byte at least, so this cannot overflow.
    if (held >= VALUE_LIMIT || (writer->count += held) >= VALUE_LIMIT) {
        PyErr_Format(message_too_long, "a message may have %d values at most", VALUE_LIMIT);
        return -1;
    }
    return code == '{' ? write_code(writer, code) : write_number(writer, code, (int32_t)count);
}

static int write_dict(struct writer *writer, PyObject *value, int depth) {
    if (write_start(writer, '{', 2 * PyDict_Size(value), 0, depth) < 0) return -1;
    ssize_t at = 0;
    PyObject *key, *item;
    while (PyDict_Next(value, &at, &key, &item))
        if (write_value(writer, key, depth + 1) < 0 || write_value(writer, item, depth + 1) < 0) return -1;
    return write_code(writer, '0');
}

static int write_sequence(struct writer *writer, PyObject *value, int depth) {
    bool is_tuple = value->ob_type == &PyTuple_Type;
    ssize_t count = is_tuple ? PyTuple_Size(value) : PyList_Size(value);
    if (write_start(writer, is_tuple ? '(' : '[', count, count, depth) < 0) return -1;
    for (ssize_t at = 0; at < count; at++) {
        // Lists may have become shorter; see `spare`.
        PyObject *item = is_tuple ? PyTuple_GetItem(value, at) : PyList_GetItem(value, at);
        if (!item || write_value(writer, item, depth + 1) < 0) return -1;
    }
    return 0;
}

static int write_value(struct writer *writer, PyObject *value, int depth) {
    PyTypeObject *type = value->ob_type;
    if (type == &PyBytes_Type) {
        char *data;
        ssize_t size;
        return PyBytes_AsStringAndSize(value, &data, &size) < 0 ? -1 : write_block(writer, 's', data, size);
    }
    if (type == &PyLong_Type) return write_long(writer, value);
    if (type == &PyUnicode_Type) return write_text(writer, value);
    if (type == &PyTuple_Type || type == &PyList_Type) return write_sequence(writer, value, depth);
    if (type == &PyDict_Type) return write_dict(writer, value, depth);
    if (value == Py_None) return write_code(writer, 'N');
    if (type == &PyBool_Type) return write_code(writer, value == Py_True ? 'T' : 'F');
    if (type == &PyFloat_Type) {
        double number = PyFloat_AsDouble(value);
        return write_code(writer, 'g') < 0 ? -1 : write_bytes(writer, &number, sizeof number);
    }
    if (type == &PyByteArray_Type)
        return write_block(writer, 's', PyByteArray_AsString(value), PyByteArray_Size(value));
    if (type == &PyMemoryView_Type) return write_buffer(writer, value);
    writer->refused = value;
    return -1;
}

static int refuse_type(PyObject *value) {
    PyObject *name = PyObject_GetAttrString((PyObject *)value->ob_type, "__name__");
    if (name) PyErr_Format(PyExc_ValueError, "values of type %S do not travel", name);
    Py_DecRef(name);
    return -1;
}

static int begin(struct writer *writer, ssize_t count) {
    uint32_t length = 0;
    if (write_bytes(writer, &length, sizeof length) < 0) return -1;
    return write_start(writer, '(', count, count, 1);
}

// Fills in the length, or takes away what was written.
static int end(struct writer *writer, int result) {
    uint32_t length = (uint32_t)(writer->out->size - writer->start - sizeof length);
    if (result == 0) memcpy(writer->out->data + writer->start, &length, sizeof length);
    else writer->out->size = writer->start;
    return result;
}

// What the next message is written to. Who writes one takes it, since Python's own handlers of errors in
// texts, which flows can replace, may write another one meanwhile.
static struct bytes spare;

static int append(struct bytes *out, struct bytes *made) {
    if (!bytes_reserve(out, made->size)) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(out->data + out->size, made->data, made->size);
    out->size += made->size;
    return 0;
}

static void give_back(struct bytes made) {
    if (spare.data || made.capacity > KEPT_ROOM) {
        free(made.data);
        return;
    }
    spare = made;
    spare.size = 0;
}

ssize_t wire_write(struct bytes *out, PyObject *const *values, ssize_t count) {
    // Code that runs when garbage is collected must not change what is written.
    int was_enabled = PyGC_Disable();
    struct bytes made = spare;
    spare = (struct bytes){0};
    struct writer writer = {&made, 0, 0, NULL};
    int result = begin(&writer, count);
    for (ssize_t at = 0; result == 0 && at < count; at++) result = write_value(&writer, values[at], 2);
    result = end(&writer, result);
    if (result == 0) result = append(out, &made);
    ssize_t size = result < 0 ? -1 : (ssize_t)made.size;
    give_back(made);
    if (was_enabled) PyGC_Enable();
    return writer.refused ? refuse_type(writer.refused) : size;
}

int wire_write_numbers(struct bytes *out, int kind, const long long *numbers, size_t count) {
    struct writer writer = {out, out->size, 0, NULL};
    int result = begin(&writer, 3);
    if (result == 0) result = write_number(&writer, 'i', kind);
    if (result == 0) result = write_number(&writer, 'i', 0);
    if (result == 0) result = write_start(&writer, '[', (ssize_t)count, (ssize_t)count, 2);
    for (size_t at = 0; result == 0 && at < count; at++) result = write_integer(&writer, numbers[at]);
    return end(&writer, result);
}

// For Python

static PyObject *encoded(PyObject *module, PyObject *message) {
    (void)module;
    if (message->ob_type != &PyTuple_Type) {
        PyErr_SetString(PyExc_TypeError, "a message is a tuple");
        return NULL;
    }
    ssize_t count = PyTuple_Size(message);
    PyObject **values = malloc(sizeof *values * (size_t)(count ? count : 1));
    if (!values) return PyErr_NoMemory();
    for (ssize_t at = 0; at < count; at++) values[at] = PyTuple_GetItem(message, at);
    struct bytes out = {0};
    PyObject *made = wire_write(&out, values, count) < 0
        ? NULL : PyBytes_FromStringAndSize(out.data, (ssize_t)out.size);
    free(out.data);
    free(values);
    return made;
}

static PyObject *decoded(PyObject *module, PyObject *bytes) {
    (void)module;
    char *data;
    ssize_t size;
    return PyBytes_AsStringAndSize(bytes, &data, &size) < 0 ? NULL : wire_read(data, (size_t)size);
}

PyMethodDef wire_methods[] = {
    {"encoded", encoded, METH_O,
     "The bytes of a message, a tuple, with its length.\n\n"
     "Raises `MessageTooLong`, or `ValueError` if it holds what the server would not read, which ends a\n"
     "process that sends it such a thing: so nothing of the kind leaves here, whoever made it."},
    {"decoded", decoded, METH_O, "The value that these bytes, a message without its length, are."},
    {0},
};

bool wire_prepare(void) {
    message_too_long = PyErr_NewException(
        "redisai_flows.wire.MessageTooLong", PyExc_ValueError, NULL);
    return message_too_long != NULL;
}
