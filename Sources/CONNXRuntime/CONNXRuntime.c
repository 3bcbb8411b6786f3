#include "CONNXRuntime.h"

static void *allocate(onnx_allocator *self, size_t byte_count) {
    void *block = self->source(self->context, byte_count);
    if (block != NULL) return block;
    __attribute__((musttail)) return self->failure(self, byte_count);
}

static void release(onnx_allocator *self, void *block) {
    if (block != NULL) self->sink(self->context, block);
}

static const onnx_memory_info *info(const onnx_allocator *self) { return self->memory; }

void onnx_allocator_prepare(
    onnx_allocator *self, const onnx_memory_info *memory, void *context, onnx_allocator_source source,
    onnx_allocator_sink sink, void *failure) {
    *self = (onnx_allocator){
        .version = ONNX_TABLE_VERSION,
        .allocate = allocate,
        .release = release,
        .info = info,
        .source = source,
        .sink = sink,
        .context = context,
        .failure = (void *(*)(onnx_allocator *, size_t))failure,
        .memory = memory,
    };
}
