/*
 * The face of the bridge: what `redisai_torch.so` offers of libtorch, which has no C interface of its own.
 *
 * The library exports one function, of type torch_bridge_entry. No exception leaves it. Objects are released
 * once, by the function of their kind; texts are bytes with a length and need no end. Unless it says
 * otherwise, every function may be called on any thread, and calls may overlap.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

#if defined(__cplusplus)
extern "C" {
#endif

/* Changes with every change of what stands below. */
#define TORCH_BRIDGE_VERSION 4u

/* The one exported function. */
#define TORCH_BRIDGE_ENTRY_SYMBOL "redisai_torch_bridge"

/* Why a call failed; owned by the caller. */
typedef struct torch_failure torch_failure;
/* A model that is ready to run. */
typedef struct torch_model torch_model;
/* The functions of a compiled script. */
typedef struct torch_script torch_script;
/* Stops the runs of one thread; see `run_create`. */
typedef struct torch_run torch_run;
/* Tensors that a run returned; owned by the caller. */
typedef struct torch_outputs torch_outputs;
/* Where a callback of the host leaves its answer. */
typedef struct torch_answer torch_answer;

/* Kinds of failures. */
typedef enum torch_failure_kind {
    /* The text is libtorch's, or the bridge's in its place. */
    TORCH_FAILED = 1,
    TORCH_OUT_OF_MEMORY = 2,
    /* `run_stop` was called. */
    TORCH_STOPPED = 3,
    /* A GPU was asked for and libtorch has none. */
    TORCH_NO_GPU = 4,
} torch_failure_kind;

/* Element types of tensors. */
typedef enum torch_element_type {
    TORCH_FLOAT32 = 1,
    TORCH_FLOAT64 = 2,
    TORCH_FLOAT16 = 3,
    TORCH_BFLOAT16 = 4,
    TORCH_INT8 = 5,
    TORCH_INT16 = 6,
    TORCH_INT32 = 7,
    TORCH_INT64 = 8,
    TORCH_UINT8 = 9,
    TORCH_UINT16 = 10,
    TORCH_UINT32 = 11,
    TORCH_UINT64 = 12,
    TORCH_BOOL = 13,
} torch_element_type;

/* Bytes of some text. */
typedef struct torch_text {
    const char *_Nullable bytes;
    size_t byte_count;
} torch_text;

/* A tensor in memory of somebody else: row-major, contiguous. */
typedef struct torch_view {
    const void *_Nullable elements;
    size_t byte_count;
    const int64_t *_Nullable dimensions;
    int32_t rank;
    int32_t type;
} torch_view;

/* What holds for all models and scripts of the process. */
typedef struct torch_options {
    /* Threads within one operator, and operators at once; 0 = libtorch's own choice. */
    int32_t intra_operator_threads;
    int32_t inter_operator_threads;
    /* Not 0: the host lets nobody make code at run time, as oneDNN does; libtorch's own kernels are used. */
    int32_t is_without_new_code;
} torch_options;

/* How a model or a script is made. */
typedef struct torch_load_options {
    /* The number of the GPU; -1 for the processor. */
    int32_t gpu;
    /* Not 0: operators that read or write files and the like are let through. */
    int32_t allows_all_operators;
    /* Not 0: packages of AOTInductor are taken, whose code is native and can do whatever the process can. */
    int32_t allows_native_code;
} torch_load_options;

/* What a run of a script may ask of the host; called on the thread of the run, while it lasts. Each answers
 * by one `answer_...` call, of which a list is one. Views and texts are valid during the call. */
typedef struct torch_host {
    void *_Nullable context;
    /* redis.execute: the first word is the command. */
    void (*_Nonnull execute)(
        void *_Nullable context, const torch_text *words, size_t word_count, torch_answer *answer);
    /* redisAI.model_execute: answers by a list of tensors, or by an error. */
    void (*_Nonnull execute_model)(
        void *_Nullable context, torch_text key, const torch_view *_Nullable inputs, size_t input_count,
        int64_t output_count, torch_answer *answer);
} torch_host;

/* One call of a function of a script. */
typedef struct torch_call {
    torch_text function;
    /* Not 0: the function is an entry point and takes tensors, keys and args as three lists. Else tensors
     * are given to its parameters from left to right, a list taking the rest, and the others are unused. */
    int32_t is_entry_point;
    /* How many tensors are wanted; 0 = whatever the function returns is dropped. */
    int32_t output_count;
    const torch_view *_Nullable inputs;
    size_t input_count;
    const torch_text *_Nullable keys;
    size_t key_count;
    const torch_text *_Nullable args;
    size_t arg_count;
    /* NULL: the functions of `redis` and `redisAI` fail. */
    const torch_host *_Nullable host;
} torch_call;

/* The functions. Those that return a failure return NULL for success, and write results only then. */
typedef struct torch_bridge {
    uint32_t version;

    /* libtorch's own version, for instance "2.15.0"; always valid. */
    const char *_Nonnull (*_Nonnull libtorch_version)(void);
    /* Sets the number of threads and quiets libtorch's log; once, before anything else. */
    torch_failure *_Nullable (*_Nonnull start)(const torch_options *options);

    int32_t (*_Nonnull failure_kind)(const torch_failure *failure);
    /* In as many lines as libtorch wants; valid as long as the failure. */
    torch_text (*_Nonnull failure_text)(const torch_failure *failure);
    void (*_Nonnull failure_release)(torch_failure *failure);

    /* Lets another thread stop runs: `run_stop` has the run under way, or the next one, fail soon; a kernel
     * that is at work ends first. `run_reset` takes that back, and is not called during a run. */
    torch_run *_Nullable (*_Nonnull run_create)(void);
    void (*_Nonnull run_stop)(torch_run *run);
    void (*_Nonnull run_reset)(torch_run *run);
    void (*_Nonnull run_release)(torch_run *run);

    /* Makes a model of a TorchScript archive, or of an AOTInductor package where that is allowed; it is not
     * used after the call. Runs of a package cannot be stopped once they have begun. */
    torch_failure *_Nullable (*_Nonnull model_load)(
        torch_text archive, const torch_load_options *options, torch_model *_Nullable *_Nonnull model);
    void (*_Nonnull model_release)(torch_model *model);
    size_t (*_Nonnull model_input_count)(const torch_model *model);
    /* A parameter's name; valid as long as the model. */
    torch_text (*_Nonnull model_input_name)(const torch_model *model, size_t index);
    size_t (*_Nonnull model_output_count)(const torch_model *model);
    /* Bytes of weights. */
    size_t (*_Nonnull model_byte_count)(const torch_model *model);
    /* Whether runs of the model may overlap: not if it changes what it keeps between runs. */
    int32_t (*_Nonnull model_may_overlap)(const torch_model *model);
    /* Whether the time that a run takes, and how large its outputs are, follow from its inputs' shapes and
     * types, whatever they hold; 0 also if nobody knows. */
    int32_t (*_Nonnull model_has_bounded_work)(const torch_model *model);
    /* Inputs are not changed, and not used after the call. */
    torch_failure *_Nullable (*_Nonnull model_run)(
        torch_model *model, const torch_view *_Nullable inputs, size_t input_count, torch_run *run,
        torch_outputs *_Nullable *_Nonnull outputs);

    size_t (*_Nonnull outputs_count)(const torch_outputs *outputs);
    /* Valid as long as the outputs. */
    torch_view (*_Nonnull outputs_view)(const torch_outputs *outputs, size_t index);
    void (*_Nonnull outputs_release)(torch_outputs *outputs);

    /* Compiles the source of a script. */
    torch_failure *_Nullable (*_Nonnull script_compile)(
        torch_text source, const torch_load_options *options, torch_script *_Nullable *_Nonnull script);
    void (*_Nonnull script_release)(torch_script *script);
    size_t (*_Nonnull script_function_count)(const torch_script *script);
    /* Valid as long as the script; in the order of the source. */
    torch_text (*_Nonnull script_function_name)(const torch_script *script, size_t index);
    /* Whether the function can be an entry point; the failure says why not. */
    torch_failure *_Nullable (*_Nonnull script_check_entry_point)(
        const torch_script *script, torch_text function);
    /* Runs of one script may overlap. */
    torch_failure *_Nullable (*_Nonnull script_run)(
        torch_script *script, const torch_call *call, torch_run *run,
        torch_outputs *_Nullable *_Nonnull outputs);

    /* Answers of the host. */
    void (*_Nonnull answer_none)(torch_answer *answer);
    void (*_Nonnull answer_text)(torch_answer *answer, torch_text text);
    void (*_Nonnull answer_integer)(torch_answer *answer, int64_t value);
    void (*_Nonnull answer_number)(torch_answer *answer, double value);
    /* The next `count` answers are its elements; lists may stand in lists. */
    void (*_Nonnull answer_list)(torch_answer *answer, size_t count);
    /* The elements are copied. */
    void (*_Nonnull answer_tensor)(torch_answer *answer, torch_view tensor);
    /* Ends the run with these words: of a server's error, or for `execute_model` of the runtime. */
    void (*_Nonnull answer_error)(torch_answer *answer, torch_text text);
} torch_bridge;

/* NULL if the library has another version. */
typedef const torch_bridge *_Nullable (*torch_bridge_entry)(uint32_t version);

#if defined(__cplusplus)
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
