// What comes from the server.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core.h"

enum {
    READ_SIZE = 256 * 1024,
    // For how long a thread waits before it sleeps, in nanoseconds.
    SPINNING = 50 * 1000,
    // `wire.REPLY`
    REPLY = 5,
};

struct call *channel_forget(Channel *self, long long number) {
    struct call **place = &self->calls[number % CALL_ROWS];
    while (*place && (*place)->number != number) place = &(*place)->next_of_number;
    struct call *found = *place;
    if (found) *place = found->next_of_number;
    return found;
}

static int answer(Channel *self, PyObject *message) {
    long long number = PyLong_AsLongLong(PyTuple_GetItem(message, 1));
    if (number == -1 && PyErr_Occurred()) return -1;
    struct call *call = number > 0 ? channel_forget(self, number) : NULL;
    if (!call) return 0;
    call->failed = PyTuple_GetItem(message, 2) == Py_True;
    call->value = PyTuple_GetItem(message, 3);
    call->is_done = true;
    if (call->thread) {
        Py_IncRef(call->value);
        call_answered(self, call);
        return 0;
    }
    PyObject *result = PyObject_CallFunctionObjArgs(
        call->on_done, call->failed ? Py_True : Py_False, call->value, NULL);
    Py_DecRef(call->on_done);
    free(call);
    Py_DecRef(result);
    return result ? 0 : -1;
}

static int hand_out(Channel *self, PyObject *message) {
    if (message->ob_type != &PyTuple_Type || PyTuple_Size(message) < 2) {
        PyErr_SetString(PyExc_ValueError, "the server's message is none");
        return -1;
    }
    long long kind = PyLong_AsLongLong(PyTuple_GetItem(message, 0));
    if (kind == -1 && PyErr_Occurred()) return -1;
    if (kind == REPLY && PyTuple_Size(message) == 4) return answer(self, message);
    PyObject *handler = PyObject_GetItem(self->handlers, PyTuple_GetItem(message, 0));
    PyObject *rest = handler ? PyTuple_GetSlice(message, 1, PyTuple_Size(message)) : NULL;
    PyObject *result = rest ? PyObject_CallObject(handler, rest) : NULL;
    Py_DecRef(handler);
    Py_DecRef(rest);
    Py_DecRef(result);
    return result ? 0 : -1;
}

// How many bytes the message that comes next has, its length among them; 0 if that has not come.
static size_t next_size(Channel *self) {
    uint32_t length;
    if (self->in.size - self->handed < sizeof length) return 0;
    memcpy(&length, self->in.data + self->handed, sizeof length);
    return sizeof length + length;
}

static bool has_next(Channel *self) {
    size_t size = next_size(self);
    return size && self->in.size - self->handed >= size;
}

// Hands out the messages that are there, as long as this thread has the role; their number, or -1.
static ssize_t hand_out_all(Channel *self, struct thread *me) {
    ssize_t count = 0;
    while (self->reader == me && has_next(self)) {
        const char *body = self->in.data + self->handed + sizeof(uint32_t);
        size_t size = next_size(self);
        // Code that runs meanwhile may read the next ones.
        self->handed += size;
        PyObject *message = wire_read(body, size - sizeof(uint32_t));
        int result = message ? hand_out(self, message) : -1;
        Py_DecRef(message);
        if (result < 0) return -1;
        count++;
    }
    return count;
}

// Waits until something has come, but for a moment only: to wake a thread that sleeps takes longer.
static void spin(int socket) {
    struct pollfd entry = {.fd = socket, .events = POLLIN};
    long long end = clock_exact() + SPINNING;
    while (poll(&entry, 1, 0) == 0 && clock_exact() < end) {
    }
}

// Reads what there is: 1, or 0 if there is nothing and it need not wait, or -1.
static int receive(Channel *self, bool waits) {
    struct bytes *in = &self->in;
    if (self->handed) {
        memmove(in->data, in->data + self->handed, in->size - self->handed);
        in->size -= self->handed;
        self->handed = 0;
    }
    size_t wanted = next_size(self) > READ_SIZE ? next_size(self) : READ_SIZE;
    if (in->capacity > 4 * wanted && in->size <= READ_SIZE) {
        // A long message has gone.
        struct bytes smaller = {0};
        if (bytes_reserve(&smaller, wanted)) {
            memcpy(smaller.data, in->data, in->size);
            smaller.size = in->size;
            free(in->data);
            *in = smaller;
        }
    }
    if (wanted > in->size && !bytes_reserve(in, wanted - in->size)) {
        PyErr_NoMemory();
        return -1;
    }
    bool spins = waits && self->may_spin && self->reader && self->reader->is_far;
    ssize_t count;
    do {
        PyThreadState *state = waits ? PyEval_SaveThread() : NULL;
        if (spins) spin(self->socket);
        count = recv(
            self->socket, in->data + in->size, in->capacity - in->size,
            waits ? 0 : MSG_DONTWAIT);
        int error = errno;
        if (waits) PyEval_RestoreThread(state);
        errno = error;
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count <= 0) {
        PyErr_SetNone(server_gone);
        return -1;
    }
    in->size += (size_t)count;
    return 1;
}

ssize_t channel_read(Channel *self, struct thread *me, bool is_hurried, bool waits) {
    if (self->reader != me) return 0;
    self->turn++;
    self->reads++;
    self->is_due = false;
    self->is_reading = true;
    int result = channel_flush(self) < 0 ? -1 : has_next(self) ? 1 : receive(self, waits);
    ssize_t count = result > 0 ? hand_out_all(self, me) : result;
    if (count < 0) {
        // Who waits for what was not handed out would wait for ever.
        if (self->reader == me) self->is_reading = false;
        channel_end(self);
        return -1;
    }
    if (self->reader == me) self->is_reading = false;
    if (waits) pool_count(self, count);
    if (self->answered && (is_hurried || channel_is_hurried(self))) channel_wake_answered(self);
    pool_arm(self);
    return count;
}
