#define _GNU_SOURCE

#include <sched.h>
#include <stdlib.h>

#include "CHost.h"

void host_touch_allocator(void) {
    // Volatile, or the compiler leaves both calls out.
    void *volatile block = malloc(1);
    free(block);
}

int host_processor(void) { return sched_getcpu(); }
