/*
 * What the system lets this process do, and how libraries live with what it does not.
 *
 * A service manager may have the kernel end a process that makes a call which is not on its list (seccomp).
 * It does so before the call is looked at, and no handler is asked: who wants to live must not make it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Calls that runtimes or we would make, and that such lists leave out; bits of a set. */
typedef enum host_call {
    HOST_SETPRIORITY,
    HOST_SCHED_SETAFFINITY,
    HOST_SCHED_SETSCHEDULER,
    HOST_SCHED_SETPARAM,
    HOST_SCHED_SETATTR,
    HOST_MBIND,
    HOST_SET_MEMPOLICY,
    HOST_MIGRATE_PAGES,
    HOST_MOVE_PAGES,
    HOST_IOPRIO_SET,
    HOST_SETRLIMIT,
    HOST_PERF_EVENT_OPEN,
    HOST_IO_URING_SETUP,
    HOST_FCHOWN,
    HOST_FCHOWNAT,
    /* Calls for a child of ours, which no runtime makes. */
    HOST_PRLIMIT64,
    HOST_CLOSE_RANGE,
    HOST_LANDLOCK_CREATE_RULESET,
    HOST_LANDLOCK_ADD_RULE,
    HOST_LANDLOCK_RESTRICT_SELF,
    HOST_CALL_COUNT,
    HOST_RUNTIME_CALL_COUNT = HOST_PRLIMIT64
} host_call;

/* The kernel's name of a call. */
const char *host_call_name(host_call call);

/*
 * The calls that would end this process, as a set of bits. Where there are filters, each call is tried in a
 * child of its own, so this takes a millisecond for each; on the server's thread, as children copy it.
 */
uint32_t host_denied_calls(void);

/* Whether memory that was written can become code, as compilers at run time need; tried as above. */
bool host_allows_new_code(void);

/* Whether the file system of a file or folder is mounted so that no code of it runs. */
bool host_is_without_code(const char *path);

/*
 * Has the calls of the set fail with EPERM in an open library, and in all that were opened with it or later.
 *
 * They are found by the names that libraries import, so their code is not touched; a library that makes the
 * call by an instruction of its own escapes. Any thread; before the library is used.
 */
void host_guard_library(void *handle, uint32_t denied);

/* A library alone, or with those of its folder that were opened with it or later. */
enum host_scope { HOST_LIBRARY, HOST_LIBRARIES_BESIDE };

/*
 * Has an open library, or several, use another function where they find one by its name in the tables of the
 * loader, tables of virtual functions among them.
 *
 * Returns in how many places. Any thread; before the library is used.
 */
size_t host_exchange(void *handle, enum host_scope scope, const char *name, void *replacement);

/* Allocates something with the C library's name for that, and frees it. Any thread. */
void host_touch_allocator(void);

// The number of the processor on which the calling thread runs; -1 if nobody knows.
int host_processor(void);

#pragma clang assume_nonnull end
