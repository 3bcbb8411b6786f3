// What goes to the server.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core.h"

enum {
    // Messages that could wait for others are sent when there are so many, or when one has so many bytes.
    POSTED_LIMIT = 16,
    LARGE_MESSAGE = 16 * 1024,
    // Numbers in one message of what was released.
    RELEASE_LIMIT = 100 * 1000,
    // `wire.RELEASE`
    RELEASE = 8,
    // Room that is kept for what is to be sent, in bytes.
    KEPT_ROOM = 1024 * 1024,
    // Levels of calls that the function needs which ends the process.
    LEVELS = 100,
};

void channel_end(Channel *self) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *result = self->on_end ? PyObject_CallFunctionObjArgs(self->on_end, value, NULL) : NULL;
    if (!result && self->on_end) {
        // A flow that calls itself without end may have left no room to tell it.
        PyErr_Clear();
        Py_SetRecursionLimit(Py_GetRecursionLimit() + LEVELS);
        result = PyObject_CallFunctionObjArgs(self->on_end, value, NULL);
        if (!result) PyErr_Clear();
    }
    Py_DecRef(result);
    PyErr_Restore(kind, value, trace);
}

int channel_gone(Channel *self) {
    PyErr_SetNone(server_gone);
    channel_end(self);
    return -1;
}

void channel_release(Channel *self, long long number) {
    if (self->released_count == self->released_capacity) {
        size_t capacity = self->released_capacity ? 2 * self->released_capacity : 64;
        long long *grown = realloc(self->released, sizeof *grown * capacity);
        // The server keeps it until this process ends.
        if (!grown) return;
        self->released = grown;
        self->released_capacity = capacity;
    }
    self->released[self->released_count++] = number;
}

// Puts messages with all numbers that were released behind the others.
static int note_released(Channel *self) {
    while (self->released_count) {
        size_t count = self->released_count < RELEASE_LIMIT ? self->released_count : RELEASE_LIMIT;
        long long *first = self->released + self->released_count - count;
        if (wire_write_numbers(&self->out, RELEASE, first, count) < 0) return -1;
        self->released_count -= count;
    }
    return 0;
}

ssize_t channel_note(Channel *self, PyObject *const *values, ssize_t count) {
    if (self->socket < 0) return channel_gone(self);
    if (self->released_count && note_released(self) < 0) return -1;
    ssize_t size = wire_write(&self->out, values, count);
    if (size >= 0) self->posted++;
    return size;
}

static bool send_all(int socket, const char *data, size_t size) {
    while (size) {
        ssize_t count = send(socket, data, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        data += count;
        size -= (size_t)count;
    }
    return true;
}

// Who sleeps until the socket has taken so many bytes, or until it is this one's turn to send.
struct send_waiter {
    struct thread *thread;
    unsigned long long until;
    bool sends, has_failed;
    struct send_waiter *after;
};

static void wake_first(Channel *self) {
    struct send_waiter *first = self->send_waiters;
    self->send_waiters = first->after;
    thread_wake(first->thread);
}

// The sender has failed: so have all.
static int end_sending(Channel *self) {
    self->is_sending = false;
    while (self->send_waiters) {
        self->send_waiters->has_failed = true;
        wake_first(self);
    }
    return channel_gone(self);
}

// Sleeps while another thread sends: 0 if all has been sent then, 1 if this one is to send, or -1.
static int wait_for_sender(Channel *self, unsigned long long until) {
    struct send_waiter waiter = {.until = until};
    if (!(waiter.thread = thread_here())) return -1;
    struct send_waiter **last = &self->send_waiters;
    while (*last) last = &(*last)->after;
    *last = &waiter;
    thread_sleep(waiter.thread, NULL);
    return waiter.has_failed ? channel_gone(self) : waiter.sends;
}

// Waits until the socket takes all that has been noted by now. Who comes first sends; all take turns.
static int flush_slowly(Channel *self) {
    unsigned long long until = self->sent + self->under_way + self->out.size;
    if (self->is_sending) {
        int turn = wait_for_sender(self, until);
        if (turn <= 0) return turn;
    }
    self->is_sending = true;
    while (self->sent < until) {
        struct bytes taken = self->out;
        self->out = (struct bytes){0};
        self->posted = 0;
        self->under_way = taken.size;
        PyThreadState *state = PyEval_SaveThread();
        bool is_sent = send_all(self->socket, taken.data, taken.size);
        PyEval_RestoreThread(state);
        self->sent += taken.size;
        self->under_way = 0;
        free(taken.data);
        if (!is_sent) return end_sending(self);
        while (self->send_waiters && self->send_waiters->until <= self->sent) wake_first(self);
    }
    self->is_sending = self->send_waiters;
    if (self->send_waiters) {
        self->send_waiters->sends = true;
        wake_first(self);
    }
    return 0;
}

int channel_flush(Channel *self) {
    if (self->released_count && note_released(self) < 0) return -1;
    if (!self->out.size) return 0;
    if (self->socket < 0) return channel_gone(self);
    if (self->is_sending) return flush_slowly(self);
    ssize_t count = send(self->socket, self->out.data, self->out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return channel_gone(self);
    if (count > 0) {
        self->sent += (size_t)count;
        self->out.size -= (size_t)count;
        if (self->out.size) memmove(self->out.data, self->out.data + count, self->out.size);
    }
    if (self->out.size) return flush_slowly(self);
    self->posted = 0;
    if (self->out.capacity > KEPT_ROOM) {
        free(self->out.data);
        self->out = (struct bytes){0};
    }
    return 0;
}

int channel_post(Channel *self, struct thread *me, ssize_t size) {
    if (self->reader == me && self->posted < POSTED_LIMIT && size < LARGE_MESSAGE) return 0;
    return channel_flush(self);
}
