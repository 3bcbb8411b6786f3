// The guard: a thread that needs no lock of Python's, and looks whether the lookout can look.
//
// Code in C that holds Python's lock for long keeps the lookout from moving its thread away from the server's
// processor, as a regular expression may do. The guard then moves all threads that are near.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

enum {
    // The lookout looks more often than this, in nanoseconds.
    INTERVAL = 8 * 1000 * 1000,
    STACK_SIZE = 64 * 1024,
    // So many threads at a time are near; the loop's is one of them.
    NEAR_LIMIT = 128,
};

static Channel *watched;
static sem_t called;
// It sleeps, and is to be woken when something begins.
static atomic_bool sleeps, took_away;
// Of what follows; held for moments, also without Python's lock.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cpu_set_t far;
static bool has_far;
static pid_t near[NEAR_LIMIT];
static int near_count;

static void take_away(void) {
    pthread_mutex_lock(&lock);
    // Whoever is moved by Python meanwhile is moved anew when that sees `took_away`.
    if (has_far && near_count) {
        for (int at = 0; at < near_count; at++) sched_setaffinity(near[at], sizeof far, &far);
        near_count = 0;
        atomic_store(&took_away, true);
    }
    pthread_mutex_unlock(&lock);
}

static void pause_once(void) {
    struct timespec time = {.tv_nsec = INTERVAL};
    nanosleep(&time, NULL);
}

static long long looks(void) {
    return __atomic_load_n(&watched->looks, __ATOMIC_RELAXED);
}

static bool is_armed(void) {
    return __atomic_load_n(&watched->is_armed, __ATOMIC_SEQ_CST);
}

// Watches until nothing is under way: the lookout has seen that, and looks no more.
static void watch(void) {
    long long seen;
    do {
        seen = looks();
        pause_once();
        if (looks() == seen && is_armed()) take_away();
    } while (looks() != seen || is_armed());
}

static void *run(void *unused) {
    (void)unused;
    for (;;) {
        atomic_store(&sleeps, true);
        // Something may have begun before anybody could see that it sleeps.
        if (is_armed() && atomic_exchange(&sleeps, false)) {
            watch();
            continue;
        }
        while (sem_wait(&called) != 0) {
        }
        watch();
    }
    return NULL;
}

static PyObject *guard_start(PyObject *module, PyObject *channel) {
    (void)module;
    if (channel->ob_type != channel_type || watched) {
        PyErr_SetString(PyExc_ValueError, "guard_start() takes a channel, once");
        return NULL;
    }
    // It lives as long as the process.
    watched = (Channel *)same(channel);
    sem_init(&called, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // Signals are for threads of Python.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error == 0) return none();
    PyErr_SetString(PyExc_RuntimeError, "the system starts no thread");
    return NULL;
}

static PyObject *guard_call(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    if (watched && atomic_exchange(&sleeps, false)) sem_post(&called);
    return none();
}

static PyObject *guard_set_far(PyObject *module, PyObject *processors) {
    (void)module;
    cpu_set_t set;
    CPU_ZERO(&set);
    ssize_t count = PyTuple_Size(processors);
    if (count < 0) return NULL;
    for (ssize_t at = 0; at < count; at++) {
        long processor = PyLong_AsLong(PyTuple_GetItem(processors, at));
        if (processor == -1 && PyErr_Occurred()) return NULL;
        if (processor >= 0 && processor < CPU_SETSIZE) CPU_SET((size_t)processor, &set);
    }
    pthread_mutex_lock(&lock);
    far = set;
    has_far = CPU_COUNT(&set) > 0;
    pthread_mutex_unlock(&lock);
    return none();
}

static PyObject *guard_note(PyObject *module, PyObject *const *words, ssize_t count) {
    (void)module;
    long thread = count == 2 ? PyLong_AsLong(words[0]) : 0;
    if (thread <= 0) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "guard_note() takes a thread's number");
        return NULL;
    }
    pthread_mutex_lock(&lock);
    int at = 0;
    while (at < near_count && near[at] != (pid_t)thread) at++;
    if (words[1] != Py_True) {
        if (at < near_count) near[at] = near[--near_count];
    } else if (at == near_count && near_count < NEAR_LIMIT) {
        near[near_count++] = (pid_t)thread;
    }
    pthread_mutex_unlock(&lock);
    return none();
}

static PyObject *guard_took_away(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyBool_FromLong(atomic_exchange(&took_away, false));
}

PyMethodDef guard_methods[] = {
    {"guard_start", guard_start, METH_O, "guard_start(channel): starts the guard, for the process' life."},
    {"guard_call", guard_call, METH_NOARGS, "The lookout is to look soon, and the guard whether it does."},
    {"guard_set_far", guard_set_far, METH_O,
     "Sets the numbers of the processors to which threads are moved, a tuple; none if it is empty."},
    {"guard_note", (PyCFunction)(void *)guard_note, METH_FASTCALL,
     "guard_note(thread's number, is_near): where a thread is that lives as long as the process."},
    {"guard_took_away", guard_took_away, METH_NOARGS,
     "Whether the guard has moved threads since the last call: none of them is where it was placed."},
    {0},
};
