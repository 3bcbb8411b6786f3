#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CGuests.h"
#include "guests.h"

// Headers may be older than the kernel.
enum { SHARE_PIDFD = 0x1000, CLOSE_RANGE = 436 };

enum {
    STACK_SIZE = 256 * 1024,
    // Where the child has the list of its places until that counts.
    RULES = GUESTS_SIDE + 1,
    // Above those that the child gets, where it puts them aside.
    ASIDE = 16,
    // No child needs fewer.
    LEAST_OPEN_FILES = 64,
    SIGNAL_COUNT = 64,
    CAPABILITY_COUNT = 64,
    FAILED = 127
};

// ---- In the child
//
// It shares the memory of the server, whose other threads run: no lock, no allocation, no change of what is
// not its own.

struct beginning {
    const guests_launch *launch;
    pid_t parent;
    guests_child *child;
};

static bool fail(guests_child *child, guests_step step, int error) {
    child->step = step;
    child->error = error;
    return false;
}

// A handler of the server must not run in the child, and what it ignores is no business of the program's.
static void reset_signals(void) {
    // The kernel's own calls: the C library's may wait for a lock. Zeros mean the usual action and no more.
    static const uint64_t usual[8], none;
    for (int number = 1; number <= SIGNAL_COUNT; number++) {
        syscall(SYS_rt_sigaction, number, usual, NULL, sizeof none);
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

static bool put(int from, int to, guests_child *child) {
    return dup2(from, to) >= 0 || fail(child, GUESTS_CONNECTING, errno);
}

// Closes all but the first ones and `kept`, as the names in a folder of the kernel's list them.
static int close_listed(int kept) {
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    struct entry {
        uint64_t number, next;
        uint16_t size;
        uint8_t kind;
        char name[];
    };
    _Alignas(struct entry) char entries[4096];
    long size;
    while ((size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long place = 0; place < size;) {
            const struct entry *entry = (const struct entry *)(entries + place);
            place += entry->size;
            int descriptor = 0;
            for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++) {
                descriptor = descriptor * 10 + (*digit - '0');
            }
            if (descriptor > RULES && descriptor != kept && descriptor != folder) close(descriptor);
        }
    }
    int error = size < 0 ? errno : 0;
    close(folder);
    return error;
}

// Closes all but the first ones and `kept`, which may be -1.
static int close_others(int kept, bool may_close_ranges) {
    const unsigned first = RULES + 1, last = ~0u;
    bool is_done = may_close_ranges;
    if (kept >= 0) {
        is_done = is_done && syscall(CLOSE_RANGE, first, (unsigned)kept - 1, 0) == 0 &&
                  syscall(CLOSE_RANGE, (unsigned)kept + 1, last, 0) == 0;
    } else {
        is_done = is_done && syscall(CLOSE_RANGE, first, last, 0) == 0;
    }
    return is_done ? 0 : close_listed(kept);
}

// Gives the descriptors their numbers; the program's, with restrictions, is `limit`, which no descriptor can
// have once that is the limit.
static bool arrange_descriptors(const guests_launch *launch, int limit, guests_child *child) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int given[] = {nothing, launch->output, launch->messages, launch->side, launch->rules};
    const int count = launch->rules >= 0 ? 5 : 4;
    for (int i = 0; i < count; i++) {
        given[i] = fcntl(given[i], F_DUPFD_CLOEXEC, ASIDE);
        if (given[i] < 0) return fail(child, GUESTS_CONNECTING, errno);
    }
    int kept = -1;
    if (launch->level != GUESTS_UNRESTRICTED) {
        kept = limit;
        if (launch->program != kept && dup3(launch->program, kept, O_CLOEXEC) < 0) {
            return fail(child, GUESTS_CONNECTING, errno);
        }
    }
    if (!put(given[0], STDIN_FILENO, child) || !put(given[1], STDOUT_FILENO, child) ||
        !put(given[1], STDERR_FILENO, child) || !put(given[2], GUESTS_MESSAGES, child) ||
        !put(given[3], GUESTS_SIDE, child)) {
        return false;
    }
    if (launch->rules < 0) {
        close(RULES);
    } else if (!put(given[4], RULES, child)) {
        return false;
    }
    int error = close_others(kept, launch->may_close_ranges);
    return error == 0 || fail(child, GUESTS_CONNECTING, error);
}

// The kernel's own call: lists of services have it, but not setrlimit.
static bool limit_to(int resource, uint64_t value, guests_child *child) {
    struct rlimit now;
    if (syscall(SYS_prlimit64, 0, resource, NULL, &now) != 0) return fail(child, GUESTS_LIMITING, errno);
    if (value > now.rlim_max) value = now.rlim_max;
    struct rlimit then = {value, value};
    return syscall(SYS_prlimit64, 0, resource, &then, NULL) == 0 || fail(child, GUESTS_LIMITING, errno);
}

static bool set_limits(const guests_launch *launch, int open_files, guests_child *child) {
    // Among processes that could be ended for want of memory, the server comes later. A wish only.
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!write(file, "500", 3);
        close(file);
    }
    if (!launch->may_set_limits) return true;
    bool limits_files = launch->level != GUESTS_UNRESTRICTED || launch->open_files != 0;
    return limit_to(RLIMIT_CORE, 0, child) &&
           (!limits_files || limit_to(RLIMIT_NOFILE, (uint64_t)open_files, child)) &&
           (launch->memory == 0 || limit_to(RLIMIT_DATA, launch->memory, child));
}

static bool restrict_reach(const guests_launch *launch, int program, guests_child *child) {
    if (launch->level == GUESTS_UNRESTRICTED) return true;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(child, GUESTS_RESTRICTING, errno);
    // A server of root's has a child without root's privileges; others have none that could be dropped.
    for (int capability = 0; capability < CAPABILITY_COUNT; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    // A service manager may have given the server some that outlive an execve.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    int error = launch->rules >= 0 ? guests_apply_rules(RULES) : 0;
    close(RULES);
    if (error != 0) return fail(child, GUESTS_RESTRICTING, error);
    error = guests_apply_filter(launch->level == GUESTS_NETWORK, program);
    child->lacks_filter = error == ENOSYS;
    return error == 0 || child->lacks_filter || fail(child, GUESTS_RESTRICTING, error);
}

// How many descriptors the child may have: all those below the number.
static int limit_of_files(const guests_launch *launch) {
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0) return LEAST_OPEN_FILES;
    uint64_t limit = launch->open_files == 0 ? now.rlim_cur : launch->open_files;
    if (limit < LEAST_OPEN_FILES) limit = LEAST_OPEN_FILES;
    if (limit >= now.rlim_cur) limit = now.rlim_cur - 1;
    return limit > INT32_MAX ? INT32_MAX : (int)limit;
}

static int become_program(void *argument) {
    const struct beginning *beginning = argument;
    const guests_launch *launch = beginning->launch;
    guests_child *child = beginning->child;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // Had the server ended before that, nobody would tell.
    if (getppid() != beginning->parent) _exit(FAILED);
    reset_signals();
    int limit = limit_of_files(launch);
    if (!arrange_descriptors(launch, limit, child)) _exit(FAILED);
    if (launch->folder && chdir(launch->folder) != 0) {
        fail(child, GUESTS_ENTERING_FOLDER, errno);
        _exit(FAILED);
    }
    if (!set_limits(launch, limit, child) || !restrict_reach(launch, limit, child)) _exit(FAILED);
    if (launch->level == GUESTS_UNRESTRICTED) {
        execve(launch->path, (char **)launch->arguments, (char **)launch->environment);
    } else {
        syscall(SYS_execveat, limit, "", launch->arguments, launch->environment, AT_EMPTY_PATH);
    }
    fail(child, GUESTS_EXECUTING, errno);
    _exit(FAILED);
}

// ---- In the server

// Blocks every signal, those of the C library's own included; returns what was blocked before.
static uint64_t block_signals(uint64_t blocked) {
    uint64_t before = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, &before, sizeof before);
    return before;
}

// The C library's own name of clone: sanitizers exchange the other one for a fork.
int __clone(int (*body)(void *), void *stack, int flags, void *argument, ...);

guests_child guests_start(const guests_launch *launch) {
    guests_child child = {.step = GUESTS_STARTED, .pid = -1, .pidfd = -1};
    struct beginning beginning = {launch, getpid(), &child};
    char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        fail(&child, GUESTS_BEGINNING, errno);
        return child;
    }
    int pidfd = -1;
    uint64_t before = block_signals(~UINT64_C(0));
    // Without a signal at its end until it is a program, so that the server does not wait for one that fails.
    pid_t pid = __clone(
        become_program, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SHARE_PIDFD, &beginning, &pidfd);
    int error = errno;
    block_signals(before);
    munmap(stack, STACK_SIZE);
    if (pid < 0) {
        fail(&child, GUESTS_BEGINNING, error);
        return child;
    }
    // Older kernels pass over the wish for a descriptor.
    if (pidfd < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, __WALL);
        fail(&child, GUESTS_BEGINNING, ENOSYS);
        return child;
    }
    child.pid = pid;
    child.pidfd = pidfd;
    if (child.step != GUESTS_STARTED) {
        int status;
        guests_reap(pidfd, &status);
        close(pidfd);
        child.pid = child.pidfd = -1;
    }
    return child;
}

char *_Nullable *_Nullable guests_environment(void) {
    // The program's variable, as libc finds it. A library that is bound deeply, as Valkey binds modules, sees
    // another one of that name, which still points to where the variables were before one was added.
    void *program = dlopen(NULL, RTLD_LAZY);
    if (!program) return NULL;
    char ***environment = dlsym(program, "environ");
    dlclose(program);
    return environment ? *environment : NULL;
}
