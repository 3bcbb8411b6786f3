/* The library's objects and constants, its entry, and what each failed call returns. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* The version of the table that is asked for. */
#define ONNX_TABLE_VERSION 17u

/* The one exported function, of type onnx_get_base. */
#define ONNX_ENTRY_SYMBOL "OrtGetApiBase"

/* Of the standard C++ library, as its binary interface names it: throws std::bad_alloc. */
#define ONNX_THROW_SYMBOL "_ZSt17__throw_bad_allocv"

/* The same for std::runtime_error with a text. */
#define ONNX_THROW_TEXT_SYMBOL "_ZSt21__throw_runtime_errorPKc"

/* What is thrown when the limit for memory is reached; clients know these words. */
#define ONNX_LIMIT_TEXT "Onnxruntime memory limit exceeded, memory allocation failed."

/* What the library puts before it while it makes a session. */
#define ONNX_INITIALIZATION_PREFIX "Exception during initialization: "

/* Objects of the library. */
typedef struct onnx_table onnx_table;
typedef struct onnx_status onnx_status;
typedef struct onnx_environment onnx_environment;
typedef struct onnx_thread_options onnx_thread_options;
typedef struct onnx_session_options onnx_session_options;
typedef struct onnx_cuda_options onnx_cuda_options;
typedef struct onnx_session onnx_session;
typedef struct onnx_run_options onnx_run_options;
typedef struct onnx_binding onnx_binding;
typedef struct onnx_value onnx_value;
typedef struct onnx_type_info onnx_type_info;
typedef struct onnx_tensor_info onnx_tensor_info;
typedef struct onnx_memory_info onnx_memory_info;

/* What the entry function returns. */
typedef struct onnx_base {
    const onnx_table *_Nullable (*_Nonnull table)(uint32_t version);
    const char *_Nullable (*_Nonnull version_text)(void);
} onnx_base;

typedef const onnx_base *_Nullable (*onnx_get_base)(void);

/* What a status says. */
enum { ONNX_CODE_INVALID_PROTOBUF = 7 };

/* Which messages are written to standard error: from this severity on. */
enum { ONNX_SEVERITY_FATAL = 4 };

/* How much a model is rewritten when it is loaded. */
enum { ONNX_OPTIMIZE_ALL = 99 };

/* Which operators of a model may run at once. */
enum { ONNX_SEQUENTIAL = 0 };

/* Kinds of memory. */
enum {
    ONNX_ALLOCATOR_DEVICE = 0,
    ONNX_MEMORY_DEFAULT = 0,
};

/* Element types of tensors. */
enum {
    ONNX_ELEMENT_FLOAT32 = 1,
    ONNX_ELEMENT_UINT8 = 2,
    ONNX_ELEMENT_INT8 = 3,
    ONNX_ELEMENT_UINT16 = 4,
    ONNX_ELEMENT_INT16 = 5,
    ONNX_ELEMENT_INT32 = 6,
    ONNX_ELEMENT_INT64 = 7,
    ONNX_ELEMENT_STRING = 8,
    ONNX_ELEMENT_BOOL = 9,
    ONNX_ELEMENT_FLOAT16 = 10,
    ONNX_ELEMENT_FLOAT64 = 11,
    ONNX_ELEMENT_UINT32 = 12,
    ONNX_ELEMENT_UINT64 = 13,
    ONNX_ELEMENT_BFLOAT16 = 16,
};

/* A function of the table by its position, to be called with the given types. */
typedef void (*onnx_function)(void);
#define ONNX_AT(position, result, ...) \
    ((result (*)(__VA_ARGS__))((const onnx_function *)(const void *)table)[position])
#define ONNX_STATUS_AT(position, ...) ONNX_AT(position, onnx_status *_Nullable, __VA_ARGS__)
#define ONNX_INLINE static inline __attribute__((always_inline))

ONNX_INLINE int onnx_status_code(const onnx_table *table, const onnx_status *status) {
    return ONNX_AT(1, int, const onnx_status *)(status);
}

/* Belongs to the status. */
ONNX_INLINE const char *_Nullable onnx_status_text(const onnx_table *table, const onnx_status *status) {
    return ONNX_AT(2, const char *, const onnx_status *)(status);
}

ONNX_INLINE void onnx_status_release(const onnx_table *table, onnx_status *status) {
    ONNX_AT(93, void, onnx_status *)(status);
}

#pragma clang assume_nonnull end
