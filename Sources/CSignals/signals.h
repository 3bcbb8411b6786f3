// What the parts of this target share.
#pragma once

#include <signal.h>
#include <stdatomic.h>

#include "CSignals.h"

enum { SIGNALS_SLOT_COUNT = 512 };

/// Slots, and where more of them are. Never freed: a handler may be looking at them.
typedef struct signals_slots {
    signals_slot slots[SIGNALS_SLOT_COUNT];
    _Atomic(struct signals_slots *) next;
} signals_slots;

extern SIGNALS_HIDDEN signals_slots signals_first_slots;

/// The next slot, or the first one behind NULL; NULL behind the last one. `part` is where it lies.
static inline signals_slot *signals_next_slot(signals_slots **part, signals_slot *slot) {
    if (!slot) {
        *part = &signals_first_slots;
        return (*part)->slots;
    }
    if (++slot < (*part)->slots + SIGNALS_SLOT_COUNT) return slot;
    *part = atomic_load_explicit(&(*part)->next, memory_order_acquire);
    return *part ? (*part)->slots : NULL;
}

/// Has a report that the calling thread is about to make for signal `number` end, one way or the other: if
/// the thread does not get on with it for some seconds, the process ends by that signal.
SIGNALS_HIDDEN void signals_watch_report(int number);
