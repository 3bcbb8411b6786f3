/* The library's objects and constants, its entry, and what each failed call returns. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "onnx_constants.h"
#include "onnx_functions.h"

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

/* The library's table, a function for each name. */
typedef void (*onnx_function)(void);
#define ONNX_MEMBER(name) onnx_function name;
typedef struct onnx_functions {
    ONNX_FUNCTIONS(ONNX_MEMBER)
} onnx_functions;
#undef ONNX_MEMBER

/* A function of the table, to be called with the given types. */
#define ONNX_CALL(name, result, ...) \
    ((result (*)(__VA_ARGS__))((const onnx_functions *)(const void *)table)->name)
#define ONNX_STATUS(name, ...) ONNX_CALL(name, onnx_status *_Nullable, __VA_ARGS__)
#define ONNX_INLINE static inline __attribute__((always_inline))

ONNX_INLINE int onnx_status_code(const onnx_table *table, const onnx_status *status) {
    return ONNX_CALL(GetErrorCode, int, const onnx_status *)(status);
}

/* Belongs to the status. */
ONNX_INLINE const char *_Nullable onnx_status_text(const onnx_table *table, const onnx_status *status) {
    return ONNX_CALL(GetErrorMessage, const char *, const onnx_status *)(status);
}

ONNX_INLINE void onnx_status_release(const onnx_table *table, onnx_status *status) {
    ONNX_CALL(ReleaseStatus, void, onnx_status *)(status);
}

#pragma clang assume_nonnull end
