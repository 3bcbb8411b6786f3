// What the parts of this target share.
#pragma once

#include <signal.h>

#include "CSignals.h"

enum { SIGNALS_SLOT_COUNT = 512 };

extern SIGNALS_HIDDEN signals_slot signals_slots[SIGNALS_SLOT_COUNT];
