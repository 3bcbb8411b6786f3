#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CGuests.h"

// Headers may be older than the kernel.
enum { BY_PIDFD = 3 };

guests_end guests_reap(int pidfd, int *value) {
    siginfo_t info = {0};
    *value = 0;
    while (waitid((idtype_t)BY_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) != 0) {
        if (errno != EINTR) return GUESTS_UNKNOWN;
    }
    *value = info.si_status;
    return info.si_code == CLD_EXITED ? GUESTS_EXITED : GUESTS_SIGNALLED;
}

int guests_open_program(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

bool guests_make_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) == 0; }

int guests_make_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void guests_ring(int bell) {
    uint64_t one = 1;
    (void)!write(bell, &one, sizeof one);
}

void guests_silence(int bell) {
    uint64_t count;
    (void)!read(bell, &count, sizeof count);
}
