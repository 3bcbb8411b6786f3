/* Tensors, and the strings in them. */
#pragma once

#include "tensorflow_base.h"

#pragma clang assume_nonnull begin

/* A string inside a tensor; up to 22 bytes lie in it, more in a block of its own. */
typedef struct tensorflow_string {
    uint64_t words[3];
} tensorflow_string;

/* Called once, on any thread, when the library needs the elements no more. */
typedef void (*tensorflow_free)(void *_Nullable elements, size_t byte_count, void *_Nullable owner);

#define TENSORFLOW_TENSOR_FUNCTIONS(FUNCTION)                                                       \
    /* Refers to the elements if they are 64-byte aligned; else copies and frees them at once. */   \
    FUNCTION(                                                                                       \
        tensorflow_tensor *_Nullable, TF_NewTensor,                                                 \
        (int type, const int64_t *_Nullable dimensions, int rank, void *_Nullable elements,         \
         size_t byte_count, tensorflow_free, void *_Nullable owner))                                \
    FUNCTION(void, TF_DeleteTensor, (tensorflow_tensor *))                                          \
    FUNCTION(int, TF_TensorType, (const tensorflow_tensor *))                                       \
    FUNCTION(int, TF_NumDims, (const tensorflow_tensor *))                                          \
    FUNCTION(int64_t, TF_Dim, (const tensorflow_tensor *, int axis))                                \
    FUNCTION(size_t, TF_TensorByteSize, (const tensorflow_tensor *))                                \
    FUNCTION(void *_Nullable, TF_TensorData, (const tensorflow_tensor *))                           \
    FUNCTION(void, TF_StringInit, (tensorflow_string *))                                            \
    FUNCTION(void, TF_StringCopy, (tensorflow_string *, const char *_Nullable bytes, size_t count)) \
    FUNCTION(const char *_Nullable, TF_StringGetDataPointer, (const tensorflow_string *))           \
    FUNCTION(size_t, TF_StringGetSize, (const tensorflow_string *))                                 \
    FUNCTION(void, TF_StringDealloc, (tensorflow_string *))

#pragma clang assume_nonnull end
