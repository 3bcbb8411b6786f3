/*
 * Starts a program as a child of the server, restricts what it can reach, and learns of its end.
 *
 * The child shares memory with the server until the program begins, as after vfork, so that a large server
 * copies no page tables. Nothing here makes a call that the host denies, if it is told which those are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* ---- Files */

/* What a place may be used for. */
typedef enum guests_access { GUESTS_READ, GUESTS_USE_DEVICE, GUESTS_OWN } guests_access;

/*
 * Begins a list of the only places that a child may open: a descriptor that closes at exec.
 * Returns a negative errno if the kernel keeps no such lists; the host must not deny landlock's calls.
 */
int guests_make_rules(void);

/* Adds a place and what lies beneath. One that is not there, or may not be looked at, is left out. */
void guests_allow(int rules, const char *path, guests_access access);

/*
 * Makes a folder that only this user can open; the last six letters of the path are chosen, as by mkdtemp.
 * Returns a descriptor that shows others, as long as it is open, that the folder is in use; -1 with errno.
 */
int guests_make_folder(char *path);

/* Removes a folder with all that is in it, following no link. What cannot be removed stays. */
void guests_remove_folder(const char *path);

/* Removes this user's folders whose names begin so, and that nobody uses: their servers have ended. */
void guests_remove_left_folders(const char *parent, const char *beginning);

/* ---- Start */

/* Descriptors of the child: its connection. Others are closed, but for the usual three. */
enum { GUESTS_MESSAGES = 3, GUESTS_SIDE = 4 };

typedef enum guests_level { GUESTS_STRICT, GUESTS_NETWORK, GUESTS_UNRESTRICTED } guests_level;

/* All that a child needs, prepared, since it can allocate nothing. Descriptors close at exec. */
typedef struct guests_launch {
    const char *path;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    /* Its working folder; NULL for the server's. */
    const char *_Nullable folder;
    /* The opened file of the path; used with restrictions. */
    int program;
    /* The other ends of its connection, and of what it prints. */
    int messages, side, output;
    /* From guests_make_rules; -1 for none. */
    int rules;
    guests_level level;
    /* Bytes of memory that can be written and are not shared; 0 for no limit. */
    uint64_t memory;
    /* Descriptors; 0 for as many as the server. */
    uint64_t open_files;
    /* What the host lets it call. */
    bool may_set_limits, may_close_ranges;
} guests_launch;

/* How far a child came. */
typedef enum guests_step {
    GUESTS_BEGINNING,
    GUESTS_CONNECTING,
    GUESTS_ENTERING_FOLDER,
    GUESTS_LIMITING,
    GUESTS_RESTRICTING,
    GUESTS_EXECUTING,
    GUESTS_STARTED
} guests_step;

typedef struct guests_child {
    guests_step step;
    /* An errno, if the step is not GUESTS_STARTED. */
    int error;
    pid_t pid;
    /* Readable once the child has ended; closes at exec. */
    int pidfd;
    /* The kernel has no filters of calls; the child runs without. */
    bool lacks_filter;
} guests_child;

/*
 * Starts a program and returns when it runs, or could not be started; then no child is left.
 *
 * The child is killed when the calling thread ends.
 */
guests_child guests_start(const guests_launch *launch);

/* The environment of the process; to be read only while nobody changes it. */
char *_Nullable *_Nullable guests_environment(void);

/* ---- End */

typedef enum guests_end { GUESTS_EXITED, GUESTS_SIGNALLED, GUESTS_UNKNOWN } guests_end;

/*
 * Takes a child that has ended off the kernel's list.
 *
 * `value` gets its status or signal. GUESTS_UNKNOWN: the server has waited for all children and got it first.
 */
guests_end guests_reap(int pidfd, int *value);

/* ---- Descriptors, which close at exec; -1 or false if the system refuses, and errno says why. */

/* Of a file that is to be run, which nobody may have to read. */
int guests_open_program(const char *path);

/* The ends of a pipe: for reading, for writing. */
bool guests_make_pipe(int *ends);

/* ---- Waking a thread that polls */

/* A descriptor that is readable after it was rung and until it is silenced; -1 if the system refuses. */
int guests_make_bell(void);
void guests_ring(int bell);
void guests_silence(int bell);

#pragma clang assume_nonnull end
