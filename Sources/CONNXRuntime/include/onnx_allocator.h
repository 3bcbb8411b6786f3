/* Memory: the allocator that the library calls, and the kinds of memory that it tells apart. */
#pragma once

#include <malloc.h>

#include "onnx_base.h"

#pragma clang assume_nonnull begin

/* What a source gives: memory, or the reason why there is none. */
typedef struct onnx_allocation {
    void *_Nullable block;
    /* Of no meaning with a block. */
    int is_beyond_limit;
} onnx_allocation;

/*
 * Returns 64-byte aligned memory, or none; any thread.
 *
 * The alignment is not a matter of speed: the library's matrix code reads its own blocks with
 * instructions that end the process if they are not aligned (seen with 1.32 on AVX-512).
 */
typedef onnx_allocation (*onnx_allocator_source)(void *context, size_t byte_count);

/* Takes what the source returned; any thread. */
typedef void (*onnx_allocator_sink)(void *context, void *block);

/*
 * An allocator that the library calls, on any thread.
 *
 * The library reads of it what the version promises; newer versions of it have more members, which are
 * NULL here. The members behind them are ours.
 */
typedef struct onnx_allocator {
    uint32_t version;
    void *_Nullable (*_Nonnull allocate)(struct onnx_allocator *self, size_t byte_count);
    void (*_Nonnull release)(struct onnx_allocator *self, void *_Nullable block);
    const onnx_memory_info *_Nonnull (*_Nonnull info)(const struct onnx_allocator *self);
    void *_Nullable later[29];
    onnx_allocator_source source;
    onnx_allocator_sink sink;
    void *context;
    void *_Nullable (*_Nonnull failure)(struct onnx_allocator *self, size_t byte_count);
    void *_Nullable (*_Nonnull limit_failure)(struct onnx_allocator *text, size_t byte_count);
    const onnx_memory_info *memory;
} onnx_allocator;

/*
 * Makes an allocator that takes its memory from source and gives it back to sink.
 *
 * The library writes to what it gets without asking whether it is NULL (1.32: most operators then crash
 * the process), so a failure must leave as a C++ exception, which turns into a status: failure is the
 * address of the function that throws it, by ONNX_THROW_SYMBOL; limit_failure, by ONNX_THROW_TEXT_SYMBOL,
 * throws one with ONNX_LIMIT_TEXT. No frame of ours is left on the stack then, for the calls to
 * them are jumps.
 */
void onnx_allocator_prepare(
    onnx_allocator *self, const onnx_memory_info *memory, void *context, onnx_allocator_source source,
    onnx_allocator_sink sink, void *failure, void *limit_failure);

ONNX_INLINE onnx_status *_Nullable onnx_memory_info_create_cpu(
    const onnx_table *table, int allocator_kind, int memory_kind,
    onnx_memory_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS(CreateCpuMemoryInfo, int, int, onnx_memory_info **)(
        allocator_kind, memory_kind, info);
}

ONNX_INLINE onnx_status *_Nullable onnx_allocator_free(
    const onnx_table *table, onnx_allocator *allocator, void *block) {
    return ONNX_STATUS(AllocatorFree, onnx_allocator *, void *)(allocator, block);
}

/* What a block of the C library's allocator really takes; the module that Swift has of it lacks this. */
ONNX_INLINE size_t onnx_system_block_size(void *_Nullable block) { return malloc_usable_size(block); }

#pragma clang assume_nonnull end
