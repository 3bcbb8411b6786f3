/* What the floors of the runtimes share: tensors of FLOAT, and what a runtime has to offer to be timed. */
#ifndef BENCHMARKS_FLOOR_H
#define BENCHMARKS_FLOOR_H

#include <stddef.h>
#include <stdint.h>

enum { MAXIMUM_RANK = 8, MAXIMUM_TENSORS = 16 };

typedef struct {
    char *name;
    /* Aligned to 64 bytes, padded to a multiple of that. */
    float *data;
    size_t byte_count;
    int64_t shape[MAXIMUM_RANK];
    size_t rank;
} Tensor;

typedef struct {
    /* The command line gives the shapes, and the names where the model does not know them. */
    Tensor inputs[MAXIMUM_TENSORS];
    size_t input_count;
    Tensor outputs[MAXIMUM_TENSORS];
    size_t output_count;
} Model;

typedef struct {
    const char *name;
    /* Opens the library and returns the runtime's version. */
    const char *(*open)(const char *library);
    /* Makes the model of a file ready, with so many threads; allocates its outputs where they are ours. */
    void (*load)(const char *path, int threads, Model *model);
    /* The least that an honest caller does: wrap the bytes, run, release the wrappers. */
    void (*run)(Model *model);
} Runtime;

extern const Runtime onnx_runtime, tensorflow_runtime, litert_runtime, torch_runtime;

/* Ends the program with a line on standard error. */
__attribute__((noreturn)) void fail(const char *what);

/* Memory for a tensor whose shape is known, filled with ordinary numbers. */
void allocate(Tensor *tensor);

/* A library that is opened as the module opens it. */
void *open_library(const char *path);

/* A function of a library. */
void *find(void *library, const char *name);

/* All bytes of a file, with their number. */
void *read_file(const char *path, size_t *byte_count);

#endif
