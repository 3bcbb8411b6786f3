// Signals that the processor raises at an instruction: a wrong address, a trap, a division without a result.
//
// All of it is called by signal handlers too, on any thread at any instruction: no lock, no allocation.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#define SIGNALS_HIDDEN __attribute__((visibility("hidden")))

// ---- What threads do

enum { SIGNALS_LABEL_SIZE = 256 };

/// What is run or built, in words. Never freed, only used again: a crash report may be reading it.
typedef struct signals_label {
    char text[SIGNALS_LABEL_SIZE];
    struct signals_label *_Nullable next;
} signals_label;

/// A label with empty text; NULL without memory.
SIGNALS_HIDDEN signals_label *_Nullable signals_take_label(void);
SIGNALS_HIDDEN void signals_give_back_label(signals_label *_Nonnull label);
/// Replaces the text; what does not fit is cut off.
SIGNALS_HIDDEN void signals_set_label(
    signals_label *_Nonnull label, const uint8_t *_Nullable text, size_t length);

typedef const signals_label *_Nullable signals_label_pointer;

/// One thing that a thread does at a time; it may do one within another, in another slot.
typedef struct signals_slot {
    /// NULL while nothing is under way.
    _Atomic(signals_label_pointer) label;
    /// A build if true, else a run.
    bool is_build;
    /// Integers were divided by zero meanwhile.
    bool _Atomic has_divided_by_zero;
    bool _Atomic is_taken;
    /// The thread's, as the system numbers threads.
    int thread;
    /// Which runtime works; one whose library was noted under this number.
    int runtime;
} signals_slot;

/// A slot of one's own. Ends the process if there is no memory for one.
SIGNALS_HIDDEN signals_slot *_Nonnull signals_take_slot(void);
SIGNALS_HIDDEN void signals_give_back_slot(signals_slot *_Nonnull slot);

/// The calling thread's number.
SIGNALS_HIDDEN int signals_thread(void);

/// Writes down that the calling thread runs something. Costs a few plain writes.
static inline void signals_begin(
    signals_slot *_Nonnull slot, const signals_label *_Nullable label, int runtime, bool is_build) {
    slot->thread = signals_thread();
    slot->runtime = runtime;
    slot->is_build = is_build;
    __c11_atomic_store(&slot->label, label, __ATOMIC_RELEASE);
}

/// Writes down that it has ended.
/// Returns whether integers were divided by zero meanwhile.
static inline bool signals_end(signals_slot *_Nonnull slot) {
    __c11_atomic_store(&slot->label, NULL, __ATOMIC_RELAXED);
    if (!__c11_atomic_load(&slot->has_divided_by_zero, __ATOMIC_RELAXED)) return false;
    __c11_atomic_store(&slot->has_divided_by_zero, false, __ATOMIC_RELAXED);
    return true;
}

/// Calls `tell` for each thread that runs or builds something, with a name and a description.
SIGNALS_HIDDEN void signals_each(
    void (*_Nonnull tell)(void *_Nonnull context, const char *_Nonnull name, const char *_Nonnull text),
    void *_Nonnull context);

// ---- Handlers

/// Has such signals end in the server's crash report, on all threads, and integer divisions without a result
/// in the runtimes' code go on with one. To be called after the server has installed its handlers, and again
/// after it may have done so anew.
SIGNALS_HIDDEN void signals_install(void);

/// Notes what libraries there are; those that come before `signals_note_runtime` belong to a runtime.
SIGNALS_HIDDEN void signals_note_libraries(void);
SIGNALS_HIDDEN void signals_note_runtime(int runtime);

// ---- Divisions

/// What became of a division that has no result.
enum division { DIVISION_OTHER, DIVISION_BY_ZERO, DIVISION_OVERFLOW };

/// Gives the division at the instruction pointer a result and goes on behind it: of a quotient that is too
/// large its low bits, of a division by zero 0 with remainder 0. DIVISION_OTHER, and nothing was done, if
/// there is another instruction. For the handler, and for tests, which have no other way to each encoding.
SIGNALS_HIDDEN enum division signals_finish_division(ucontext_t *_Nonnull context);
