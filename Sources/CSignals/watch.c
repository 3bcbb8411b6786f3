// A report that does not end.
//
// Servers allocate memory and write files while they report. A thread that is hit in the allocator holds its
// lock and waits for itself; a log may be a pipe that nobody reads. The server would then neither serve nor
// end, and nobody would start it again.
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

enum {
    // Longer than servers wait for their other threads' stacks.
    SECONDS = 10,
    // What a thread uses meanwhile that tests memory or looks at stacks. To look at it uses some, too: up to
    // two milliseconds have been seen on a virtual machine.
    LEAST_NANOSECONDS = 100 * 1000 * 1000
};

static atomic_flag is_watched = ATOMIC_FLAG_INIT;
static int reported;
static clockid_t thread_clock;
static long long seen;

// The processor time of the thread that reports, in nanoseconds.
static long long used(void) {
    struct timespec time = {0};
    clock_gettime(thread_clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void look(int number) {
    (void)number;
    static bool is_ended;
    if (is_ended) kill(getpid(), SIGKILL);
    long long now = used();
    if (now - seen >= LEAST_NANOSECONDS) {
        seen = now;
        return;
    }
    static const char words[] = "the crash report does not go on: the process ends without the rest of it\n";
    ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
    (void)written;
    is_ended = true;
    signal(reported, SIG_DFL);
    kill(getpid(), reported);
}

void signals_watch_report(int number) {
    // Of several threads the first one: servers let the others wait for it.
    if (atomic_flag_test_and_set(&is_watched)) return;
    reported = number;
    pthread_getcpuclockid(pthread_self(), &thread_clock);
    seen = used();
    struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    // It interrupts the thread that reports: others may be in the middle of something.
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    struct itimerval interval = {{SECONDS, 0}, {SECONDS, 0}};
    setitimer(ITIMER_REAL, &interval, NULL);
}
