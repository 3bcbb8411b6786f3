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

static void end_allocating(const bool *_Nonnull unused) {
    (void)unused;
    is_allocating = false;
}

// By itself, so that the end is told of however the method ends: it may throw.
static void *allocate_uncleared(void *allocator, size_t alignment, size_t byte_count) {
    __attribute__((cleanup(end_allocating))) bool unused = is_allocating = true;
    (void)unused;
    return allocate(allocator, alignment, byte_count);
}

static void *allocate_cleared(void *allocator, size_t alignment, size_t byte_count) {
    void *memory = allocate_uncleared(allocator, alignment, byte_count);
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
    return host_exchange(library, HOST_LIBRARIES_BESIDE, name, replacement) > 0;
}

bool tensorflow_clear_memory(void *library) {
    // A library whose opening failed behind this stays open, and is given again to who tries again.
    static void *cleared;
    if (library == cleared) return true;
    void *found = dlsym(library, ALLOCATE);
    if (found) {
        memcpy(&allocate, &found, sizeof found);
        if (!exchange(library, ALLOCATE, (void *)allocate_cleared)) return false;
    }
    exchange(library, "aligned_alloc", (void *)alloc_cleared);
    exchange(library, "malloc", (void *)malloc_cleared);
    if (!exchange(library, "posix_memalign", (void *)memalign_cleared)) return false;
    cleared = library;
    return true;
}
