// What the files of this target share; all of it is called in a child that shares the server's memory.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define GUESTS_HIDDEN __attribute__((visibility("hidden")))

// Lets the calling process open only what the list allows, and its own /proc. Returns 0 or an errno.
GUESTS_HIDDEN int guests_apply_rules(int rules);

// Filters the calls of the calling process, which is to become the program of the descriptor. Returns 0 or an
// errno; ENOSYS if there are no filters for this kernel or processor.
GUESTS_HIDDEN int guests_apply_filter(bool has_network, int program);
