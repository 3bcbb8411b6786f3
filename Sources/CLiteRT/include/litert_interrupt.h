/* How a run is told to end: the library asks after each operator. */
#pragma once

#include <stdbool.h>

#pragma clang assume_nonnull begin

/* A flag that one thread sets and another reads. */
typedef struct litert_flag {
    _Atomic(bool) is_raised;
} litert_flag;

/* Which flag the run under way looks at. */
typedef struct litert_watch {
    litert_flag *_Nullable flag;
} litert_watch;

void litert_flag_set(litert_flag *flag, bool is_raised);

/* Given to the library together with a watch. */
bool litert_watch_is_raised(void *_Nullable watch);

#pragma clang assume_nonnull end
