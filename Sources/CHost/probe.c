#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CHost.h"

static const struct {
    const char *name;
    long number;
} calls[HOST_CALL_COUNT] = {
    [HOST_SETPRIORITY] = {"setpriority", SYS_setpriority},
    [HOST_SCHED_SETAFFINITY] = {"sched_setaffinity", SYS_sched_setaffinity},
    [HOST_SCHED_SETSCHEDULER] = {"sched_setscheduler", SYS_sched_setscheduler},
    [HOST_SCHED_SETPARAM] = {"sched_setparam", SYS_sched_setparam},
    [HOST_SCHED_SETATTR] = {"sched_setattr", SYS_sched_setattr},
    [HOST_MBIND] = {"mbind", SYS_mbind},
    [HOST_SET_MEMPOLICY] = {"set_mempolicy", SYS_set_mempolicy},
    [HOST_MIGRATE_PAGES] = {"migrate_pages", SYS_migrate_pages},
    [HOST_MOVE_PAGES] = {"move_pages", SYS_move_pages},
    [HOST_IOPRIO_SET] = {"ioprio_set", SYS_ioprio_set},
    [HOST_SETRLIMIT] = {"setrlimit", SYS_setrlimit},
    [HOST_PERF_EVENT_OPEN] = {"perf_event_open", SYS_perf_event_open},
    [HOST_IO_URING_SETUP] = {"io_uring_setup", SYS_io_uring_setup},
    [HOST_FCHOWN] = {"fchown", SYS_fchown},
    [HOST_FCHOWNAT] = {"fchownat", SYS_fchownat},
    [HOST_PRLIMIT64] = {"prlimit64", SYS_prlimit64},
    // The same numbers on every processor; headers may be older.
    [HOST_CLOSE_RANGE] = {"close_range", 436},
    [HOST_LANDLOCK_CREATE_RULESET] = {"landlock_create_ruleset", 444},
    [HOST_LANDLOCK_ADD_RULE] = {"landlock_add_rule", 445},
    [HOST_LANDLOCK_RESTRICT_SELF] = {"landlock_restrict_self", 446},
};

const char *host_call_name(host_call call) { return calls[call].name; }

long host_call_number(host_call call) { return calls[call].number; }

// Whether calls of this process may be filtered. The file is read, as asking by a call could be denied.
static bool has_filters(void) {
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return true;
    char line[256];
    int mode = -1;
    while (mode < 0 && fgets(line, sizeof line, status)) sscanf(line, "Seccomp: %d", &mode);
    fclose(status);
    return mode != 0;
}

// No call takes such arguments, so it fails if it is made.
static bool try_call(long number) {
    syscall(number, -1, -1, -1, -1, -1, -1);
    return true;
}

static bool try_new_code(long unused) {
    (void)unused;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    bool is_allowed = mprotect(page, size, PROT_READ | PROT_EXEC) == 0 &&
                      mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
    munmap(page, size);
    return is_allowed;
}

// Whether an attempt succeeds in a child, which may be ended by it. What cannot be tried is denied.
static bool succeeds_in_child(bool (*attempt)(long), long argument) {
    pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        // Its end, if it comes to that, is nothing that anybody needs a memory image of.
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        _exit(attempt(argument) ? 0 : 1);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

uint32_t host_denied_calls(void) {
    if (!has_filters()) return 0;
    uint32_t denied = 0;
    for (int call = 0; call < HOST_CALL_COUNT; call++) {
        if (!succeeds_in_child(try_call, calls[call].number)) denied |= UINT32_C(1) << call;
    }
    return denied;
}

bool host_allows_new_code(void) {
    return has_filters() ? succeeds_in_child(try_new_code, 0) : try_new_code(0);
}

bool host_is_without_code(const char *path) {
    struct statvfs system;
    return statvfs(path, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0;
}
