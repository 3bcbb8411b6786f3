// What the parts of this target share.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include "CSignals.h"

enum { SIGNALS_SLOT_COUNT = 512 };

extern SIGNALS_HIDDEN signals_slot signals_slots[SIGNALS_SLOT_COUNT];

// What became of a division that has no result.
enum division { DIVISION_OTHER, DIVISION_BY_ZERO, DIVISION_OVERFLOW };

// Gives the division at the instruction pointer a result and goes on behind it: of a quotient that is too
// large its low bits, of a division by zero 0 with remainder 0. DIVISION_OTHER, and nothing was done, if
// there is another instruction.
SIGNALS_HIDDEN enum division signals_finish_division(ucontext_t *context);
