// Threads: where they sleep, and how an exception comes to one from another.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core.h"

static _Thread_local struct thread *here;
// Its destructor lets go of `here` when the thread ends, without Python's lock.
static pthread_key_t key;

struct thread *thread_new(void) {
    struct thread *made = calloc(1, sizeof *made);
    if (!made) {
        PyErr_NoMemory();
        return NULL;
    }
    made->holders = 1;
    made->places = -1;
    sem_init(&made->bed, 0, 0);
    return made;
}

void thread_hold(struct thread *thread) {
    __atomic_add_fetch(&thread->holders, 1, __ATOMIC_RELAXED);
}

void thread_drop(struct thread *thread) {
    if (__atomic_sub_fetch(&thread->holders, 1, __ATOMIC_ACQ_REL)) return;
    sem_destroy(&thread->bed);
    free(thread);
}

static void thread_ended(void *thread) {
    here = NULL;
    thread_drop(thread);
}

bool thread_prepare(void) {
    return pthread_key_create(&key, thread_ended) == 0;
}

void thread_is(struct thread *thread) {
    thread->ident = PyThread_get_thread_ident();
    thread_hold(thread);
    here = thread;
    pthread_setspecific(key, thread);
}

struct thread *thread_here(void) {
    if (!here) {
        struct thread *made = thread_new();
        if (!made) return NULL;
        thread_is(made);
        thread_drop(made);
    }
    return here;
}

void thread_wake(struct thread *thread) {
    sem_post(&thread->bed);
}

void thread_sleep(struct thread *me, struct thread *other) {
    PyThreadState *state = PyEval_SaveThread();
    // Not before the lock is free, or it would wake only to wait for that.
    if (other) thread_wake(other);
    while (sem_wait(&me->bed) != 0) {
    }
    PyEval_RestoreThread(state);
}

// Shields

typedef struct {
    PyObject base;
    struct thread *thread;
} Shield;

PyTypeObject *shield_type;

struct thread *thread_of(PyObject *shield) {
    return ((Shield *)shield)->thread;
}

PyObject *shield_of(struct thread *thread) {
    Shield *made = (Shield *)PyType_GenericAlloc(shield_type, 0);
    if (!made) return NULL;
    made->thread = thread;
    thread_hold(thread);
    return (PyObject *)made;
}

static void shield_dealloc(PyObject *self) {
    PyTypeObject *type = self->ob_type;
    thread_drop(((Shield *)self)->thread);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

// Takes back an exception that is on its way, or has one come.
static void send_error(struct thread *thread, PyObject *error) {
    PyThreadState_SetAsyncExc(thread->ident, error);
}

int shield_enter(struct thread *me) {
    if (!me->error || me->depth) {
        me->depth++;
        return 0;
    }
    // It is on its way, or was caught: it is raised here, where nothing has begun.
    send_error(me, NULL);
    PyErr_SetNone(me->error);
    return -1;
}

int shield_leave(struct thread *me) {
    if (--me->depth || !me->error) return 0;
    PyErr_Clear();
    PyErr_SetNone(me->error);
    return -1;
}

void shield_raise(struct thread *me) {
    if (me->error && !me->depth) send_error(me, NULL);
    me->depth++;
}

void shield_lower(struct thread *me) {
    if (--me->depth == 0 && me->error) send_error(me, me->error);
}

void thread_raise(struct thread *thread, PyObject *error) {
    if (thread->error) return;
    thread->error = error;
    if (!thread->depth) send_error(thread, error);
}

void shield_clear(struct thread *me) {
    if (!me->error) return;
    me->error = NULL;
    send_error(me, NULL);
}

static PyObject *enter(PyObject *self, PyObject *unused) {
    (void)unused;
    return none_or(shield_enter(((Shield *)self)->thread));
}

static PyObject *leave(PyObject *self, PyObject *const *words, ssize_t count) {
    (void)words, (void)count;
    return none_or(shield_leave(((Shield *)self)->thread));
}

static PyObject *clear(PyObject *self, PyObject *unused) {
    (void)unused;
    shield_clear(((Shield *)self)->thread);
    return none_or(0);
}

static PyObject *lowered(PyObject *self, PyObject *const *words, ssize_t count) {
    struct thread *me = ((Shield *)self)->thread;
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "lowered() takes a function and its arguments");
        return NULL;
    }
    PyObject *arguments = PyTuple_New(count - 1);
    if (!arguments) return NULL;
    for (ssize_t at = 1; at < count; at++) {
        Py_IncRef(words[at]);
        PyTuple_SetItem(arguments, at - 1, words[at]);
    }
    int depth = me->depth;
    me->depth = 0;
    PyObject *result = PyObject_CallObject(words[0], arguments);
    me->depth = depth;
    Py_DecRef(arguments);
    return result;
}

static PyObject *raise_here(PyObject *self, PyObject *const *words, ssize_t count) {
    struct thread *thread = ((Shield *)self)->thread;
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError, "raise_here() takes a class and a function");
        return NULL;
    }
    if (!thread->error && count == 2) {
        PyObject *answer = PyObject_CallNoArgs(words[1]);
        if (!answer) return NULL;
        int is_right = PyObject_IsTrue(answer);
        Py_DecRef(answer);
        if (is_right <= 0) return none_or(is_right);
    }
    // That function is code of Python, so another thread may have been here.
    thread_raise(thread, words[0]);
    return none_or(0);
}

static PyMethodDef shield_methods[] = {
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void *)leave, METH_FASTCALL, NULL},
    {"clear", clear, METH_NOARGS,
     "What was raised, or still is to be, is over; on the shield's thread."},
    {"lowered", (PyCFunction)(void *)lowered, METH_FASTCALL,
     "Calls a function, on a thread that is always shielded; there, what `raise_here` raises comes."},
    {"raise_here", (PyCFunction)(void *)raise_here, METH_FASTCALL,
     "Raises a class of exception, which lives as long as the process, in the shield's thread, soon; again\n"
     "at each block, until `clear`. Not if the second argument, a function, says no at the last moment."},
    {0},
};

static PyType_Slot shield_slots[] = {
    {Py_tp_dealloc, (void *)shield_dealloc},
    {Py_tp_methods, shield_methods},
    {Py_tp_doc,
     "`with shield():` puts off what `raise_here` of another thread raises, until the end of the block.\n\n"
     "Python raises such an exception between any two steps of the thread. In the middle of handing out\n"
     "messages that would lose them for everybody."},
    {0},
};

PyType_Spec shield_spec = {
    "redisai_flows._core.Shield", sizeof(Shield), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, shield_slots};

static PyObject *shield(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    struct thread *me = thread_here();
    return me ? shield_of(me) : NULL;
}

PyMethodDef thread_methods[] = {
    {"shield", shield, METH_NOARGS, "The shield of the calling thread."},
    {0},
};
