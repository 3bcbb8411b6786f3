/* The library's objects and constants. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Objects of the library. */
typedef struct litert_environment litert_environment;
typedef struct litert_options litert_options;
typedef struct litert_opaque_options litert_opaque_options;
typedef struct litert_accelerator litert_accelerator;
typedef struct litert_model litert_model;
typedef struct litert_signature litert_signature;
typedef struct litert_tensor litert_tensor;
typedef struct litert_compiled_model litert_compiled_model;
typedef struct litert_buffer litert_buffer;

/* 0 is success. */
typedef int litert_status;

/* What compiled models may run on; to be added. */
enum {
    LITERT_CPU = 1,
    LITERT_GPU = 2,
};

/* An option of the environment. */
typedef struct litert_environment_option {
    int tag;
    /* What kind of value follows: the alignment of the value leaves a gap. */
    int kind;
    union {
        int64_t number;
        const char *text;
    } value;
} litert_environment_option;

enum {
    LITERT_KIND_NUMBER = 2,
    LITERT_KIND_TEXT = 8,
    /* The folder with the libraries of accelerators. */
    LITERT_TAG_LIBRARY_FOLDER = 22,
    /* The least severe message that is written to standard error. */
    LITERT_TAG_SEVERITY = 25,
    LITERT_SEVERITY_SILENT = 4,
};

/* How a tensor says that it has a rank. */
enum { LITERT_RANKED = 0 };

/* What the only signature of a model is called that has none. */
#define LITERT_PLACEHOLDER_KEY "<placeholder signature>"

/* Element types of tensors. */
enum {
    LITERT_ELEMENT_FLOAT32 = 1,
    LITERT_ELEMENT_INT32 = 2,
    LITERT_ELEMENT_UINT8 = 3,
    LITERT_ELEMENT_INT64 = 4,
    LITERT_ELEMENT_STRING = 5,
    LITERT_ELEMENT_BOOL = 6,
    LITERT_ELEMENT_INT16 = 7,
    LITERT_ELEMENT_INT8 = 9,
    LITERT_ELEMENT_FLOAT16 = 10,
    LITERT_ELEMENT_FLOAT64 = 11,
    LITERT_ELEMENT_UINT64 = 13,
    LITERT_ELEMENT_UINT32 = 16,
    LITERT_ELEMENT_UINT16 = 17,
    LITERT_ELEMENT_BFLOAT16 = 19,
};

#pragma clang assume_nonnull end
