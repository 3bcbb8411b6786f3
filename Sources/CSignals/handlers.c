#define _GNU_SOURCE  // dl_iterate_phdr
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "signals.h"

// ---- Whose code is where

enum { RANGE_COUNT = 1024, THE_PROGRAMS = -1, NOBODYS = -2 };

struct range {
    uintptr_t start, end;
    int owner;
};

static struct range ranges[RANGE_COUNT];
// Those before are complete, and never change.
static atomic_int range_count;

// NOBODYS: code that a runtime has made, or a library that came later.
static int owner(uintptr_t place) {
    int count = atomic_load_explicit(&range_count, memory_order_acquire);
    for (int i = 0; i < count; i++) {
        if (place >= ranges[i].start && place < ranges[i].end) return ranges[i].owner;
    }
    return NOBODYS;
}

static int note(struct dl_phdr_info *library, size_t size, void *owner_pointer) {
    (void)size;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        uintptr_t start = library->dlpi_addr + part->p_vaddr;
        int count = atomic_load(&range_count);
        if (owner(start) != NOBODYS || count == RANGE_COUNT) continue;
        ranges[count] = (struct range){start, start + part->p_memsz, *(int *)owner_pointer};
        atomic_store_explicit(&range_count, count + 1, memory_order_release);
    }
    return 0;
}

void signals_note_libraries(void) {
    int programs = THE_PROGRAMS;
    dl_iterate_phdr(note, &programs);
}

void signals_note_runtime(int runtime) { dl_iterate_phdr(note, &runtime); }

// ---- The server's report

// What the server does on SIGSEGV; NULL if it makes no reports.
static void (*_Atomic make_report)(int, siginfo_t *, void *);

static void report(int number, siginfo_t *info, void *context) {
    // Whatever fails now ends the process.
    signal(number, SIG_DFL);
    siginfo_t told = *info;
    // Servers take an instruction at the address in question for a call of a function that does not exist,
    // and look for the caller; here it is the instruction that has failed.
    if (told.si_code > 0 && number != SIGSEGV && number != SIGBUS) told.si_addr = NULL;
    void (*make)(int, siginfo_t *, void *) = atomic_load(&make_report);
    if (make) {
        signals_watch_report(number);
        make(number, &told, context);
    }
    raise(number);
}

// ---- Divisions

static bool mark(int runtime, bool is_own, int thread) {
    bool has_found = false;
    signals_slots *part = NULL;
    for (signals_slot *slot = NULL; (slot = signals_next_slot(&part, slot));) {
        if (!atomic_load(&slot->label) || slot->runtime != runtime) continue;
        if (is_own && slot->thread != thread) continue;
        atomic_store(&slot->has_divided_by_zero, true);
        has_found = true;
    }
    return has_found;
}

// The runtime that works on the thread; NOBODYS if none does.
static int runtime_on(int thread) {
    signals_slots *part = NULL;
    for (signals_slot *slot = NULL; (slot = signals_next_slot(&part, slot));) {
        if (atomic_load(&slot->label) && slot->thread == thread) return slot->runtime;
    }
    return NOBODYS;
}

static void divide(int number, siginfo_t *info, void *context) {
    if (info->si_code == FPE_INTDIV) {
        int thread = signals_thread();
        int runtime = owner((uintptr_t)info->si_addr);
        if (runtime == NOBODYS) runtime = runtime_on(thread);
        enum division division = runtime >= 0 ? signals_finish_division(context) : DIVISION_OTHER;
        // A runtime's own thread does not tell for whom it works: then all that it can be for fail.
        if (division == DIVISION_BY_ZERO && !mark(runtime, true, thread)) mark(runtime, false, thread);
        if (division != DIVISION_OTHER) return;
    }
    report(number, info, context);
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_NODEFER | SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void signals_install(void) {
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    bool is_ours = now.sa_flags & SA_SIGINFO && now.sa_sigaction == report;
    bool makes_reports = now.sa_flags & SA_SIGINFO && now.sa_sigaction;
    if (!is_ours) atomic_store(&make_report, makes_reports ? now.sa_sigaction : NULL);
    handle(SIGFPE, divide);
    if (!makes_reports) return;
    static const int servers[] = {SIGSEGV, SIGBUS, SIGILL};
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) handle(servers[i], report);
    // Not all servers handle these.
    static const int others[] = {SIGABRT, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        sigaction(others[i], NULL, &now);
        if (!(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL) handle(others[i], report);
    }
}
