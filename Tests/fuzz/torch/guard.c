/* Memory of tensors between pages that nobody may touch: `LD_PRELOAD` of a process that is to be caught at
 * the first byte that it reads or writes too far. Blocks are filled with a pattern, end at a page that is
 * not there and are never used again, so what is read after it was freed is caught too. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };
static const size_t REGION = (size_t)48 << 30;
static const size_t LARGEST = (size_t)96 << 20;
static const uint8_t PATTERN = 0xd5;

static _Atomic(uint8_t *) region;
static _Atomic(size_t) used;

extern void __libc_free(void *);

static uint8_t *found_region(void) {
    uint8_t *known = atomic_load(&region);
    if (known) return known;
    uint8_t *made = mmap(NULL, REGION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made == MAP_FAILED) abort();
    uint8_t *none = NULL;
    if (atomic_compare_exchange_strong(&region, &none, made)) return made;
    munmap(made, REGION);
    return none;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (size > LARGEST || alignment > PAGE) return ENOMEM;
    size_t length = size == 0 ? PAGE : (size + PAGE - 1) / PAGE * PAGE;
    /* How long the block is stands on a page of its own in front of it. */
    size_t place = atomic_fetch_add(&used, length + 2 * PAGE);
    if (place + length + 2 * PAGE > REGION) return ENOMEM;
    uint8_t *head = found_region() + place, *end = head + PAGE + length;
    if (mprotect(head, PAGE + length, PROT_READ | PROT_WRITE) != 0) return ENOMEM;
    *(size_t *)head = length;
    uint8_t *block = (uint8_t *)(((uintptr_t)end - size) / alignment * alignment);
    memset(block, PATTERN, (size_t)(end - block));
    *result = block;
    return 0;
}

void free(void *block) {
    uint8_t *start = atomic_load(&region), *address = block;
    if (!start || address < start || address >= start + REGION) {
        __libc_free(block);
        return;
    }
    /* A block begins on the page after its length. */
    uint8_t *head = (uint8_t *)((uintptr_t)address / PAGE * PAGE) - PAGE;
    int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    mmap(head, *(size_t *)head + PAGE, PROT_NONE, flags, -1, 0);
}
