/*
 * What is called of ONNX Runtime: our own declarations, nothing linked.
 *
 * The library exports one function, which leads to a table of function pointers. New versions only append
 * to that table, so a position in it means the same in all of them: each function below names its position.
 * All of them are there from version 17 of the table on, which releases from 1.17 offer.
 *
 * A function that can fail returns a status: NULL for success, else an object that the caller releases.
 * What a function creates belongs to the caller, unless its remark says otherwise.
 */
#pragma once

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/* The version of the table that is asked for. */
#define ONNX_TABLE_VERSION 17u

/* The one exported function, of type onnx_get_base. */
#define ONNX_ENTRY_SYMBOL "OrtGetApiBase"

/* Of the standard C++ library, as its binary interface names it: throws std::bad_alloc. */
#define ONNX_THROW_SYMBOL "_ZSt17__throw_bad_allocv"

/* Objects of the library. */
typedef struct onnx_table onnx_table;
typedef struct onnx_status onnx_status;
typedef struct onnx_environment onnx_environment;
typedef struct onnx_thread_options onnx_thread_options;
typedef struct onnx_session_options onnx_session_options;
typedef struct onnx_cuda_options onnx_cuda_options;
typedef struct onnx_session onnx_session;
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
enum {
    ONNX_CODE_INVALID_ARGUMENT = 2,
    ONNX_CODE_INVALID_PROTOBUF = 7,
};

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

/*
 * Returns 64-byte aligned memory, or NULL; any thread.
 *
 * The alignment is not a matter of speed: the library's matrix code reads its own blocks with
 * instructions that end the process if they are not aligned (seen with 1.32 on AVX-512).
 */
typedef void *_Nullable (*onnx_allocator_source)(void *context, size_t byte_count);

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
    const onnx_memory_info *memory;
} onnx_allocator;

/*
 * Makes an allocator that takes its memory from source and gives it back to sink.
 *
 * The library writes to what it gets without asking whether it is NULL (1.32: most operators then crash
 * the process), so a failure must leave as the C++ exception that it expects, and turns into a status:
 * failure is the address of the function that throws it, by ONNX_THROW_SYMBOL. No frame of ours is left
 * on the stack then, for the call to it is a jump.
 */
void onnx_allocator_prepare(
    onnx_allocator *self, const onnx_memory_info *memory, void *context, onnx_allocator_source source,
    onnx_allocator_sink sink, void *failure);

/* A function of the table by its position, to be called with the given types. */
typedef void (*onnx_function)(void);
#define ONNX_AT(position, result, ...) \
    ((result (*)(__VA_ARGS__))((const onnx_function *)(const void *)table)[position])
#define ONNX_STATUS_AT(position, ...) ONNX_AT(position, onnx_status *_Nullable, __VA_ARGS__)
#define ONNX_INLINE static inline __attribute__((always_inline))

/* ---- Status ---- */

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

/* ---- Environment: one for the process ---- */

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_create(
    const onnx_table *table, onnx_thread_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS_AT(121, onnx_thread_options **)(options);
}

ONNX_INLINE void onnx_thread_options_release(const onnx_table *table, onnx_thread_options *options) {
    ONNX_AT(122, void, onnx_thread_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_intra_count(
    const onnx_table *table, onnx_thread_options *options, int count) {
    return ONNX_STATUS_AT(147, onnx_thread_options *, int)(options, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_inter_count(
    const onnx_table *table, onnx_thread_options *options, int count) {
    return ONNX_STATUS_AT(148, onnx_thread_options *, int)(options, count);
}

/* Whether idle threads use the processor while they wait. */
ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_spinning(
    const onnx_table *table, onnx_thread_options *options, int is_allowed) {
    return ONNX_STATUS_AT(149, onnx_thread_options *, int)(options, is_allowed);
}

/* With threads that all sessions share. */
ONNX_INLINE onnx_status *_Nullable onnx_environment_create(
    const onnx_table *table, int severity, const char *name, const onnx_thread_options *options,
    onnx_environment *_Nullable *_Nonnull environment) {
    return ONNX_STATUS_AT(119, int, const char *, const onnx_thread_options *, onnx_environment **)(
        severity, name, options, environment);
}

ONNX_INLINE void onnx_environment_release(const onnx_table *table, onnx_environment *environment) {
    ONNX_AT(92, void, onnx_environment *)(environment);
}

/* The allocator is used as long as the environment lives. */
ONNX_INLINE onnx_status *_Nullable onnx_environment_register_allocator(
    const onnx_table *table, onnx_environment *environment, onnx_allocator *allocator) {
    return ONNX_STATUS_AT(176, onnx_environment *, onnx_allocator *)(environment, allocator);
}

ONNX_INLINE onnx_status *_Nullable onnx_providers_get(
    const onnx_table *table, char *_Nonnull *_Nullable *_Nonnull names, int *count) {
    return ONNX_STATUS_AT(125, char ***, int *)(names, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_providers_release(
    const onnx_table *table, char *_Nonnull *_Nonnull names, int count) {
    return ONNX_STATUS_AT(126, char **, int)(names, count);
}

/* ---- Memory ---- */

ONNX_INLINE onnx_status *_Nullable onnx_memory_info_create_cpu(
    const onnx_table *table, int allocator_kind, int memory_kind,
    onnx_memory_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS_AT(69, int, int, onnx_memory_info **)(allocator_kind, memory_kind, info);
}

ONNX_INLINE onnx_status *_Nullable onnx_allocator_free(
    const onnx_table *table, onnx_allocator *allocator, void *block) {
    return ONNX_STATUS_AT(76, onnx_allocator *, void *)(allocator, block);
}

/* What a block of the C library's allocator really takes; the module that Swift has of it lacks this. */
ONNX_INLINE size_t onnx_system_block_size(void *_Nullable block) { return malloc_usable_size(block); }

/* ---- Session options ---- */

ONNX_INLINE onnx_status *_Nullable onnx_session_options_create(
    const onnx_table *table, onnx_session_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS_AT(10, onnx_session_options **)(options);
}

ONNX_INLINE void onnx_session_options_release(const onnx_table *table, onnx_session_options *options) {
    ONNX_AT(100, void, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_execution_mode(
    const onnx_table *table, onnx_session_options *options, int mode) {
    return ONNX_STATUS_AT(13, onnx_session_options *, int)(options, mode);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_disable_cpu_arena(
    const onnx_table *table, onnx_session_options *options) {
    return ONNX_STATUS_AT(19, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_severity(
    const onnx_table *table, onnx_session_options *options, int severity) {
    return ONNX_STATUS_AT(22, onnx_session_options *, int)(options, severity);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_optimization(
    const onnx_table *table, onnx_session_options *options, int level) {
    return ONNX_STATUS_AT(23, onnx_session_options *, int)(options, level);
}

/* Makes sessions use the threads of the environment. */
ONNX_INLINE onnx_status *_Nullable onnx_session_options_share_threads(
    const onnx_table *table, onnx_session_options *options) {
    return ONNX_STATUS_AT(120, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_add_entry(
    const onnx_table *table, onnx_session_options *options, const char *key, const char *value) {
    return ONNX_STATUS_AT(130, onnx_session_options *, const char *, const char *)(options, key, value);
}

/* Fails, and leaves NULL, in a library that was built without CUDA. */
ONNX_INLINE onnx_status *_Nullable onnx_cuda_options_create(
    const onnx_table *table, onnx_cuda_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS_AT(205, onnx_cuda_options **)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_cuda_options_update(
    const onnx_table *table, onnx_cuda_options *options, const char *_Nonnull const *_Nonnull keys,
    const char *_Nonnull const *_Nonnull values, size_t count) {
    return ONNX_STATUS_AT(206, onnx_cuda_options *, const char *const *, const char *const *, size_t)(
        options, keys, values, count);
}

ONNX_INLINE void onnx_cuda_options_release(const onnx_table *table, onnx_cuda_options *options) {
    ONNX_AT(208, void, onnx_cuda_options *)(options);
}

/* Crashes the process if the CUDA options are NULL. */
ONNX_INLINE onnx_status *_Nullable onnx_session_options_append_cuda(
    const onnx_table *table, onnx_session_options *options, const onnx_cuda_options *cuda) {
    return ONNX_STATUS_AT(204, onnx_session_options *, const onnx_cuda_options *)(options, cuda);
}

/* ---- Session ---- */

/* The bytes are not used after the call. */
ONNX_INLINE onnx_status *_Nullable onnx_session_create(
    const onnx_table *table, const onnx_environment *environment, const void *_Nullable bytes,
    size_t byte_count, const onnx_session_options *options, onnx_session *_Nullable *_Nonnull session) {
    return ONNX_STATUS_AT(
        8, const onnx_environment *, const void *, size_t, const onnx_session_options *, onnx_session **)(
        environment, bytes, byte_count, options, session);
}

ONNX_INLINE void onnx_session_release(const onnx_table *table, onnx_session *session) {
    ONNX_AT(95, void, onnx_session *)(session);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_input_count(
    const onnx_table *table, const onnx_session *session, size_t *count) {
    return ONNX_STATUS_AT(30, const onnx_session *, size_t *)(session, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_output_count(
    const onnx_table *table, const onnx_session *session, size_t *count) {
    return ONNX_STATUS_AT(31, const onnx_session *, size_t *)(session, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_input_type(
    const onnx_table *table, const onnx_session *session, size_t index,
    onnx_type_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS_AT(33, const onnx_session *, size_t, onnx_type_info **)(session, index, info);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_output_type(
    const onnx_table *table, const onnx_session *session, size_t index,
    onnx_type_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS_AT(34, const onnx_session *, size_t, onnx_type_info **)(session, index, info);
}

/* The name is to be given back to the allocator. */
ONNX_INLINE onnx_status *_Nullable onnx_session_input_name(
    const onnx_table *table, const onnx_session *session, size_t index, onnx_allocator *allocator,
    char *_Nullable *_Nonnull name) {
    return ONNX_STATUS_AT(36, const onnx_session *, size_t, onnx_allocator *, char **)(
        session, index, allocator, name);
}

/* The name is to be given back to the allocator. */
ONNX_INLINE onnx_status *_Nullable onnx_session_output_name(
    const onnx_table *table, const onnx_session *session, size_t index, onnx_allocator *allocator,
    char *_Nullable *_Nonnull name) {
    return ONNX_STATUS_AT(37, const onnx_session *, size_t, onnx_allocator *, char **)(
        session, index, allocator, name);
}

/* Fills the outputs that are given and creates those that are NULL. Calls may overlap. */
ONNX_INLINE onnx_status *_Nullable onnx_session_run(
    const onnx_table *table, onnx_session *session, const char *_Nonnull const *_Nonnull input_names,
    const onnx_value *_Nullable const *_Nonnull inputs, size_t input_count,
    const char *_Nonnull const *_Nonnull output_names, size_t output_count,
    onnx_value *_Nullable *_Nonnull outputs) {
    return ONNX_STATUS_AT(
        9, onnx_session *, const void *_Nullable, const char *const *, const onnx_value *const *, size_t,
        const char *const *, size_t, onnx_value **)(
        session, NULL, input_names, inputs, input_count, output_names, output_count, outputs);
}

/* ---- Types ---- */

ONNX_INLINE void onnx_type_info_release(const onnx_table *table, onnx_type_info *info) {
    ONNX_AT(98, void, onnx_type_info *)(info);
}

/* NULL if it is not the type of a tensor; belongs to the type. */
ONNX_INLINE onnx_status *_Nullable onnx_type_info_tensor(
    const onnx_table *table, const onnx_type_info *info, const onnx_tensor_info *_Nullable *_Nonnull tensor) {
    return ONNX_STATUS_AT(55, const onnx_type_info *, const onnx_tensor_info **)(info, tensor);
}

ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_element_type(
    const onnx_table *table, const onnx_tensor_info *info, int *type) {
    return ONNX_STATUS_AT(60, const onnx_tensor_info *, int *)(info, type);
}

ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_rank(
    const onnx_table *table, const onnx_tensor_info *info, size_t *rank) {
    return ONNX_STATUS_AT(61, const onnx_tensor_info *, size_t *)(info, rank);
}

/* A dimension that is not known is -1. */
ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_dimensions(
    const onnx_table *table, const onnx_tensor_info *info, int64_t *_Nullable dimensions, size_t rank) {
    return ONNX_STATUS_AT(62, const onnx_tensor_info *, int64_t *, size_t)(info, dimensions, rank);
}

/* The names of dimensions that are not known, or empty texts; they belong to the type. */
ONNX_INLINE onnx_status *_Nullable onnx_tensor_info_symbols(
    const onnx_table *table, const onnx_tensor_info *info, const char *_Nullable *_Nullable symbols,
    size_t rank) {
    return ONNX_STATUS_AT(63, const onnx_tensor_info *, const char **, size_t)(info, symbols, rank);
}

ONNX_INLINE void onnx_tensor_info_release(const onnx_table *table, onnx_tensor_info *info) {
    ONNX_AT(99, void, onnx_tensor_info *)(info);
}

/* ---- Values ---- */

ONNX_INLINE void onnx_value_release(const onnx_table *table, onnx_value *value) {
    ONNX_AT(96, void, onnx_value *)(value);
}

/* A tensor whose elements the library allocates. */
ONNX_INLINE onnx_status *_Nullable onnx_value_create(
    const onnx_table *table, onnx_allocator *allocator, const int64_t *_Nullable dimensions, size_t rank,
    int type, onnx_value *_Nullable *_Nonnull value) {
    return ONNX_STATUS_AT(48, onnx_allocator *, const int64_t *, size_t, int, onnx_value **)(
        allocator, dimensions, rank, type, value);
}

/* A tensor whose elements lie at the given place, which must outlive it. */
ONNX_INLINE onnx_status *_Nullable onnx_value_wrap(
    const onnx_table *table, const onnx_memory_info *info, void *elements, size_t byte_count,
    const int64_t *_Nullable dimensions, size_t rank, int type, onnx_value *_Nullable *_Nonnull value) {
    return ONNX_STATUS_AT(
        49, const onnx_memory_info *, void *, size_t, const int64_t *, size_t, int, onnx_value **)(
        info, elements, byte_count, dimensions, rank, type, value);
}

/* Whether there is anything in the value: an optional output may have nothing. */
ONNX_INLINE onnx_status *_Nullable onnx_value_is_present(
    const onnx_table *table, const onnx_value *value, int *is_present) {
    return ONNX_STATUS_AT(192, const onnx_value *, int *)(value, is_present);
}

/* Whether what is in the value is a tensor, or would be if there was something. */
ONNX_INLINE onnx_status *_Nullable onnx_value_is_tensor(
    const onnx_table *table, const onnx_value *value, int *is_tensor) {
    return ONNX_STATUS_AT(50, const onnx_value *, int *)(value, is_tensor);
}

/* Valid as long as the value. */
ONNX_INLINE onnx_status *_Nullable onnx_value_elements(
    const onnx_table *table, onnx_value *value, void *_Nullable *_Nonnull elements) {
    return ONNX_STATUS_AT(51, onnx_value *, void **)(value, elements);
}

/* Belongs to the caller. */
ONNX_INLINE onnx_status *_Nullable onnx_value_tensor_info(
    const onnx_table *table, const onnx_value *value, onnx_tensor_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS_AT(65, const onnx_value *, onnx_tensor_info **)(value, info);
}

/* Copies texts that end with a NUL each. */
ONNX_INLINE onnx_status *_Nullable onnx_value_fill_strings(
    const onnx_table *table, onnx_value *value, const char *_Nonnull const *_Nonnull strings,
    size_t count) {
    return ONNX_STATUS_AT(52, onnx_value *, const char *const *, size_t)(value, strings, count);
}

/* Bytes of all strings together, without ends. */
ONNX_INLINE onnx_status *_Nullable onnx_value_strings_byte_count(
    const onnx_table *table, const onnx_value *value, size_t *byte_count) {
    return ONNX_STATUS_AT(53, const onnx_value *, size_t *)(value, byte_count);
}

/* Copies all strings back to back, without ends, and tells where each begins. */
ONNX_INLINE onnx_status *_Nullable onnx_value_copy_strings(
    const onnx_table *table, const onnx_value *value, void *bytes, size_t byte_count, size_t *offsets,
    size_t count) {
    return ONNX_STATUS_AT(54, const onnx_value *, void *, size_t, size_t *, size_t)(
        value, bytes, byte_count, offsets, count);
}

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
