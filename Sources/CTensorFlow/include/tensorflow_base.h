/* The library's objects, statuses and buffers. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tensorflow_constants.h"

#pragma clang assume_nonnull begin

/* Objects of the library. */
typedef struct tensorflow_status tensorflow_status;
typedef struct tensorflow_graph tensorflow_graph;
typedef struct tensorflow_operation tensorflow_operation;
typedef struct tensorflow_import_options tensorflow_import_options;
typedef struct tensorflow_session_options tensorflow_session_options;
typedef struct tensorflow_session tensorflow_session;
typedef struct tensorflow_device_list tensorflow_device_list;
typedef struct tensorflow_tensor tensorflow_tensor;

/* Bytes; those that the library makes are freed by TF_DeleteBuffer. */
typedef struct tensorflow_buffer {
    const void *_Nullable data;
    size_t length;
    void (*_Nullable free)(void *_Nullable data, size_t length);
} tensorflow_buffer;

#define TENSORFLOW_BASE_FUNCTIONS(FUNCTION)                                                         \
    FUNCTION(const char *_Nullable, TF_Version, (void))                                             \
    FUNCTION(tensorflow_status *_Nullable, TF_NewStatus, (void))                                    \
    FUNCTION(void, TF_DeleteStatus, (tensorflow_status *))                                          \
    FUNCTION(int, TF_GetCode, (const tensorflow_status *))                                          \
    /* Belongs to the status. */                                                                    \
    FUNCTION(const char *_Nullable, TF_Message, (const tensorflow_status *))                        \
    FUNCTION(tensorflow_buffer *_Nullable, TF_NewBuffer, (void))                                    \
    FUNCTION(void, TF_DeleteBuffer, (tensorflow_buffer *))                                          \
    /* All operations that models can name, as an OpList message. */                                \
    FUNCTION(tensorflow_buffer *_Nullable, TF_GetAllOpList, (void))

#pragma clang assume_nonnull end
