// Nothing of anybody else shows in a tensor. TensorFlow takes memory as the process has left it, and more
// kernels than `Empty` leave parts of their outputs as they were, some only where a dimension is 0: no list
// of them would be complete. So all memory that it takes for tensors is cleared.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "CHost.h"
#include "CTensorFlow.h"

// The method of the allocator that is used with oneDNN, which keeps memory for itself and gives it on.
#define ALLOCATE "_ZN10tensorflow15MklCPUAllocator11AllocateRawEmm"

static void *(*allocate)(void *allocator, size_t alignment, size_t byte_count);
// Whether the thread is in that method, which clears what is asked for, and not what it takes for later.
static _Thread_local bool is_allocating;

static void *allocate_cleared(void *allocator, size_t alignment, size_t byte_count) {
    is_allocating = true;
    void *memory = allocate(allocator, alignment, byte_count);
    is_allocating = false;
    if (memory) memset(memory, 0, byte_count);
    return memory;
}

// What the other allocator makes tensors of.
static int memalign_cleared(void **memory, size_t alignment, size_t byte_count) {
    int failure = posix_memalign(memory, alignment, byte_count);
    if (failure == 0 && !is_allocating) memset(*memory, 0, byte_count);
    return failure;
}

// What Eigen and oneDNN make their own of, from which kernels copy.
static void *alloc_cleared(size_t alignment, size_t byte_count) {
    void *memory = aligned_alloc(alignment, byte_count);
    if (memory) memset(memory, 0, byte_count);
    return memory;
}

static void *malloc_cleared(size_t byte_count) { return calloc(1, byte_count); }

static bool exchange(void *library, const char *name, void *replacement) {
    return host_exchange(library, HOST_LIBRARIES_FROM, name, replacement) > 0;
}

bool tensorflow_clear_memory(void *library) {
    void *found = dlsym(library, ALLOCATE);
    if (found) {
        memcpy(&allocate, &found, sizeof found);
        if (!exchange(library, ALLOCATE, (void *)allocate_cleared)) return false;
    }
    exchange(library, "aligned_alloc", (void *)alloc_cleared);
    exchange(library, "malloc", (void *)malloc_cleared);
    return exchange(library, "posix_memalign", (void *)memalign_cleared);
}
