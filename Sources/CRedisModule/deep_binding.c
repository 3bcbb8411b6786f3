// Undoes what RTLD_DEEPBIND does to the module; Valkey 8.1 and newer open modules with that flag.
//
// A deep-bound library takes every name from the libraries that it needs before it asks the program. That is
// wrong for what the program has instead of libc: its allocator, if that is a library before libc (Debian's
// packages) or preloaded, and the variable `environ`, which libc itself looks up in the program. libc still
// allocates with the program's, so `free(strdup(...))` would end the process.
//
// All here is hidden: it replaces what our own code calls, the Swift and C++ runtimes in it included, and
// nothing else. A library that is opened by the module is not bound deeply and needs none of this.
#define _GNU_SOURCE  // RTLD_DEFAULT and its kin
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

// What the program and its libraries have, as every library finds it that is not bound deeply.
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    size_t (*malloc_usable_size)(void *);
} program;

static void *found(void *scope, const char *name) {
    void *address = dlsym(scope, name);
    // libc has all of them.
    if (!address) abort();
    return address;
}

// Before any other constructor of the module: those of the Swift runtime read `environ` and allocate.
__attribute__((constructor(101))) static void bind_to_program(void) {
    // The program's own scope. RTLD_DEFAULT would be ours, deep binding included.
    void *scope = dlopen(NULL, RTLD_LAZY);
    if (!scope) abort();
    program.malloc = (void *(*)(size_t))found(scope, "malloc");
    program.calloc = (void *(*)(size_t, size_t))found(scope, "calloc");
    program.realloc = (void *(*)(void *, size_t))found(scope, "realloc");
    program.free = (void (*)(void *))found(scope, "free");
    program.aligned_alloc = (void *(*)(size_t, size_t))found(scope, "aligned_alloc");
    program.posix_memalign = (int (*)(void **, size_t, size_t))found(scope, "posix_memalign");
    program.malloc_usable_size = (size_t (*)(void *))found(scope, "malloc_usable_size");

    // The Swift runtime walks `environ` and does not expect a null pointer, which it is in libc's own
    // variable, and in the program's if that was started with an empty environment and has called clearenv().
    static char *empty[] = {NULL};
    char ***programs = found(scope, "environ");
    if (!environ) environ = *programs ? *programs : empty;
}

HIDDEN void *malloc(size_t bytes) { return program.malloc(bytes); }

HIDDEN void *calloc(size_t count, size_t bytes) { return program.calloc(count, bytes); }

HIDDEN void *realloc(void *block, size_t bytes) { return program.realloc(block, bytes); }

HIDDEN void free(void *block) { program.free(block); }

HIDDEN void *aligned_alloc(size_t alignment, size_t bytes) { return program.aligned_alloc(alignment, bytes); }

HIDDEN int posix_memalign(void **block, size_t alignment, size_t bytes) {
    return program.posix_memalign(block, alignment, bytes);
}

HIDDEN size_t malloc_usable_size(void *block) { return program.malloc_usable_size(block); }
