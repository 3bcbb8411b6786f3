#include "CONNXRuntime.h"

static char limit_text[] = ONNX_LIMIT_TEXT;

static void *allocate(onnx_allocator *self, size_t byte_count) {
    onnx_allocation allocation = self->source(self->context, byte_count);
    if (allocation.block != NULL) return allocation.block;
    if (allocation.is_beyond_limit) {
        /* A jump keeps the types of the arguments; the text takes the place of the first one. */
        onnx_allocator *text = (onnx_allocator *)(void *)limit_text;
        __attribute__((musttail)) return self->limit_failure(text, byte_count);
    }
    __attribute__((musttail)) return self->failure(self, byte_count);
}

static void release(onnx_allocator *self, void *block) {
    if (block != NULL) self->sink(self->context, block);
}

static const onnx_memory_info *info(const onnx_allocator *self) { return self->memory; }

void onnx_allocator_prepare(
    onnx_allocator *self, const onnx_memory_info *memory, void *context, onnx_allocator_source source,
    onnx_allocator_sink sink, void *failure, void *limit_failure) {
    *self = (onnx_allocator){
        .version = ONNX_TABLE_VERSION,
        .allocate = allocate,
        .release = release,
        .info = info,
        .source = source,
        .sink = sink,
        .context = context,
        .failure = (void *(*)(onnx_allocator *, size_t))failure,
        .limit_failure = (void *(*)(onnx_allocator *, size_t))limit_failure,
        .memory = memory,
    };
}
