// The core of the Python side: messages, threads that wait for them, and threads that run jobs.
//
// Everything here is looked at and changed only by who holds Python's global lock. Threads let go of it only
// to read, to sleep, to send what the socket does not take at once, and in long loops. Code of Python, during
// which others may have the lock, runs where messages are handed out, where a worker is made or moved, where
// the lookout is armed, where the process is to end, and in executions, replies and commands; what stands
// behind such a call looks anew at what it needs.
#ifndef FLOWS_CORE_H
#define FLOWS_CORE_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "python.h"

// References

static inline PyObject *same(PyObject *value) {
    Py_IncRef(value);
    return value;
}

static inline PyObject *none(void) {
    return same(Py_None);
}

// What a function returns to Python.
static inline PyObject *none_or(int result) {
    return result < 0 ? NULL : none();
}

// What a function of Python has returned: 0, or -1 with its exception.
static inline int outcome(PyObject *result) {
    Py_DecRef(result);
    return result ? 0 : -1;
}

static inline void replace(PyObject **field, PyObject *value) {
    PyObject *before = *field;
    *field = same(value);
    Py_DecRef(before);
}

// Bytes

struct bytes {
    char *data;
    size_t size, capacity;
};
// Makes room for `more` bytes behind the others; false if there is no memory.
bool bytes_reserve(struct bytes *bytes, size_t more);

// Messages; their format is described in `wire.py`.

enum {
    MESSAGE_LIMIT = 64 * 1024 * 1024,
    VALUE_LIMIT = 1000 * 1000,
    DEPTH_LIMIT = 32,
};
extern PyObject *message_too_long;
// Adds a message, a tuple of these values, with its length: the size of both, or -1 with an exception, and
// nothing added, if it holds what the server would not read.
ssize_t wire_write(struct bytes *out, PyObject *const *values, ssize_t count);
// Adds the message (kind, 0, list of these numbers).
int wire_write_numbers(struct bytes *out, int kind, const long long *numbers, size_t count);
// The value that these bytes are; `size` is what they have at most.
PyObject *wire_read(const char *bytes, size_t size);
extern PyMethodDef wire_methods[];
bool wire_prepare(void);

// Values

extern PyMethodDef value_methods[];
bool values_prepare(void);
// Bytes of the server as a flow sees them: `str` if they are UTF-8, else `bytearray`.
PyObject *text_of(PyObject *bytes);

// A value of the server as a flow sees it.
PyObject *given_value(PyObject *value);
// The items of a tuple as arguments of `execute`: a list.
PyObject *arguments_of(PyObject *words);

// Commands

extern PyMethodDef command_methods[];
extern PyType_Spec unsent_spec;
bool commands_prepare(void);

// Replies

extern PyMethodDef reply_methods[];

// An attribute of a module.
PyObject *imported(const char *module, const char *name);


// Threads

struct lane;

// What is known of a thread. It lives as long as the thread, and as long as somebody holds it.
struct thread {
    int holders;
    unsigned long ident;
    // The system's number; 0 for who is no worker.
    pid_t native_id;
    // Where it sleeps. Who wakes it has taken it from the list in which it stood, so it is woken once.
    sem_t bed;
    // See `Shield`: how many blocks it is in, and the exception that comes at their end; borrowed.
    int depth;
    PyObject *error;
    // Reads again when it has done what it does, and so may keep the role of the reader.
    bool is_worker;
    // It was started, but its start has failed for who wanted it.
    bool is_unwanted;
    // Whose job it runs; borrowed. Whether it does not count there while it waits.
    struct lane *lane;
    bool has_left_lane;
    // The places that it was brought to, and which they were then.
    bool is_far;
    long places;
    // What the channel's `looks` were when its job began, and when it began to compute; whether the job has
    // turned out to be a long one; whether it waits for an answer.
    long long job_began, work_began;
    bool is_long, waits;
    struct thread *next_working;
    struct thread *next;
};
struct thread *thread_new(void);
void thread_hold(struct thread *thread);
void thread_drop(struct thread *thread);
// The calling thread's; NULL with an exception if there is no memory.
struct thread *thread_here(void);
// Makes this the calling thread's, which has none yet.
void thread_is(struct thread *thread);
void thread_wake(struct thread *thread);
// Wakes another one, if one is given, and sleeps until it is woken; without Python's lock.
void thread_sleep(struct thread *me, struct thread *other);
bool thread_prepare(void);

// Begins a block of `Shield`; -1 with the exception that was to come.
int shield_enter(struct thread *me);
// Ends it; -1 with the exception that has come meanwhile. Another one that is set is dropped then.
int shield_leave(struct thread *me);
// The same around code of Python that must run whatever is to come: that comes soon after the end.
void shield_raise(struct thread *me);
void shield_lower(struct thread *me);
void shield_clear(struct thread *me);
// Has an exception, a class that lives as long as the process, come to a thread, unless one is to come.
void thread_raise(struct thread *thread, PyObject *error);
PyObject *shield_of(struct thread *thread);
struct thread *thread_of(PyObject *shield);
extern PyTypeObject *shield_type;
extern PyType_Spec shield_spec;
extern PyMethodDef thread_methods[];

// Jobs

// What waits to be run for one session, and how many threads work for it.
typedef struct lane {
    PyObject base;
    PyObject **jobs;
    size_t first, count, capacity;
    // How many threads may work for the session at once; others are for other sessions.
    long limit;
    long running;
    // How many of them have been at one job for long: all jobs of the session are done away from the server.
    long long_count;
    bool is_listed;
    // Its work comes before all other.
    bool is_urgent;
    struct lane *next;
} Lane;
extern PyTypeObject *lane_type;
extern PyType_Spec lane_spec;
// Takes the job; -1 if there is no memory.
int lane_add(Lane *lane, PyObject *job);
PyObject *lane_take(Lane *lane);

// Calls

// A question to the server whose answer somebody wants: on the stack of who waits for it, or a block.
struct call {
    long long number;
    // Who waits; NULL if `on_done` is called.
    struct thread *thread;
    PyObject *on_done;
    PyObject *value;
    bool failed, is_done;
    // Whether the server's thread waits for who asks.
    bool is_held;
    // Whether it is among those that wait and are not answered.
    bool sleeps;
    struct call *next_of_number;
    struct call *before, *after;
};
enum { CALL_ROWS = 1024 };

typedef struct {
    PyObject base;
    // Functions in Python; see `channel.py` and `workers.py`.
    PyObject *handlers, *on_end, *make_worker, *arm, *move;

    // -1 if this process has no right to it.
    int socket;
    // What is to be sent, in order; how many messages; how many bytes were sent, and how many has who waits
    // until the socket takes them.
    struct bytes out;
    unsigned posted;
    unsigned long long sent, under_way;
    bool is_sending;
    // Who has to wait until the socket takes more, while another thread sends.
    struct send_waiter *send_waiters;
    // Of the server's tensors and regions that nobody here holds any more: told with the next message.
    long long *released;
    size_t released_count, released_capacity;

    // What was read and not handed out: the bytes of `in` from `handed` on.
    struct bytes in;
    size_t handed;
    // Who has the role; whether that thread is in `channel_read`.
    struct thread *reader;
    bool is_reading;
    // Counts what the reader does, so that the lookout sees whether it is stuck.
    long long turn;
    // Counts how often the lookout has looked.
    long long looks;
    // Whether a thread that is away from the server waits for a moment before it sleeps, for nobody needs its
    // processor so much.
    char may_spin;
    // Counts reads; `is_due` is set by the lookout when there should be one before the next step.
    long long reads;
    char is_due;
    // Whether the lookout will look.
    char is_armed;
    // Whether so much comes at once that it is better done beside the server, and what says so.
    bool is_crowded;
    int crowd;
    // When that changes, threads are brought to their places anew.
    long places;
    // When nothing waits for others any more, in nanoseconds of the monotonic clock.
    long long hurried_until;

    long long last_number;
    struct call *calls[CALL_ROWS];
    // Those whose threads sleep and are not answered, and those that are answered and whose threads still
    // sleep; the last of the former reads first, the first of the latter goes on first.
    struct call *waiting;
    struct call *answered, *last_answered;

    // Lanes whose turn it is; workers that sleep; how many there are, and how many run what is not urgent.
    Lane *ready, *last_ready;
    struct thread *idle;
    // Those that are at a job.
    struct thread *working;
    // How many are at a long one, of all sessions.
    long long_count;
    long worker_count, busy;
    long worker_limit, urgent_limit;
} Channel;
extern PyTypeObject *channel_type;
extern PyType_Spec channel_spec, held_spec;
extern PyObject *gears_error, *server_gone, *flow_aborted;

// Guard: guard.c

extern PyMethodDef guard_methods[];

// Executions: passes.c, pass_type.c

// How records go through the steps of a plan; see `executions.py`.
typedef struct {
    PyObject base;
    PyObject *session, *number, *plan, *source, *on_end;
    PyObject *errors, *results, *status;
    // Of the plan: its functions, and what this execution has to remember for each step.
    PyObject *plain, *states;
    PyObject *stack, *waits_at, *low_future;
    long flags, floor, at;
    // In nanoseconds of the monotonic clock; 0 before the start.
    long long started_at;
    char is_over, is_sync, is_aborted, is_awaited;
    bool has_keepers;
    // Which runs a step; borrowed, since that thread is in here.
    struct thread *thread;
} Pass;
extern PyType_Spec pass_spec;
extern PyObject *pass_created;
bool passes_prepare(void), pass_type_prepare(void);
// What can be known only once all modules are loaded; false with an exception.
bool passes_complete(void);
// Goes on until the end, or until a step has to wait; with what one has waited for, if `value` is not NULL.
int pass_advance(Pass *self, PyObject *value, PyObject *error);
int pass_abort(Pass *self);
long long pass_milliseconds(Pass *self);

// Replies: replies.c

// How an execution has ended: lists of results, or NULL if nobody wants them, and of the errors' texts.
struct ending {
    PyObject *number, *status, *results, *errors;
    long long milliseconds;
};
// Posts it; -1 with an exception if there is something that does not travel, or that raises when looked at.
int replies_tell(Channel *channel, const struct ending *ending);

// Sending: sending.c

// Puts a message behind the others: its size in bytes, or -1 with an exception.
ssize_t channel_note(Channel *self, PyObject *const *values, ssize_t count);
// Sends what was noted, and tells what was released.
int channel_flush(Channel *self);
// Sends it now, or soon if this thread has the role: before it reads, waits or loses the role.
int channel_post(Channel *self, struct thread *me, ssize_t size);
// Raises `ServerGone`, and has the process end.
int channel_gone(Channel *self);
// Has the process end with the exception that is set, which stays set.
void channel_end(Channel *self);
void channel_release(Channel *self, long long number);

// Roles: roles.c

// Nanoseconds of the monotonic clock; the first in steps of some milliseconds.
long long clock_now(void), clock_exact(void);
// Lets other threads have Python's lock if that clock has moved on: loops in C would keep it.
void let_others(long long *since);
bool channel_is_hurried(Channel *self);
// Returns when a call is answered; -1 with an exception.
int channel_wait(Channel *self, struct call *call, bool is_hurried);
bool channel_take_role(Channel *self, struct thread *me);
void channel_leave_role(Channel *self, struct thread *me);
void channel_take_away_role(Channel *self);
// Gives the role to the thread of the first call that is answered; that thread, for the caller to wake.
struct thread *role_to_answered(Channel *self);
void channel_wake_answered(Channel *self);
void call_answered(Channel *self, struct call *call);
void call_leave_waiting(Channel *self, struct call *call);

// Reading: reading.c

// Reads once and hands out what came: the number of messages, or -1.
ssize_t channel_read(Channel *self, struct thread *me, bool is_hurried, bool waits);
struct call *channel_forget(Channel *self, long long number);

// Jobs: pool.c

bool pool_has_work(Channel *self);
bool pool_has_urgent_work(Channel *self);
// A worker that sleeps, for the caller to wake; a new one if all work; NULL if those are enough.
struct thread *pool_find_worker(Channel *self);
void pool_list(Channel *self, Lane *lane);
void pool_arm(Channel *self);
void pool_move(Channel *self, struct thread *worker, bool is_far);
// Notes how many messages one read has brought.
void pool_count(Channel *self, ssize_t messages);
// A thread waits for an answer, and has one. Who goes on and on with questions is in the way of the server's
// other clients where the server runs, and is moved.
void pool_begin_wait(Channel *self, struct thread *me);
void pool_end_wait(Channel *self, struct thread *me);
// Moves threads that have been computing for long; whether others compute where the server runs.
bool pool_look(Channel *self);
int pool_keep(Channel *self, Lane *lane, PyObject *job);
void pool_help(Channel *self);
// Runs jobs and reads, until it cannot go on: with the exception that says why, or without one if the thread
// is not wanted.
void pool_work(Channel *self, struct thread *me);

#endif
