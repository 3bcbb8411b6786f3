/* The environment, one for the process, and its threads. */
#pragma once

#include "onnx_allocator.h"

#pragma clang assume_nonnull begin

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_create(
    const onnx_table *table, onnx_thread_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS(CreateThreadingOptions, onnx_thread_options **)(options);
}

ONNX_INLINE void onnx_thread_options_release(const onnx_table *table, onnx_thread_options *options) {
    ONNX_CALL(ReleaseThreadingOptions, void, onnx_thread_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_intra_count(
    const onnx_table *table, onnx_thread_options *options, int count) {
    return ONNX_STATUS(SetGlobalIntraOpNumThreads, onnx_thread_options *, int)(options, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_inter_count(
    const onnx_table *table, onnx_thread_options *options, int count) {
    return ONNX_STATUS(SetGlobalInterOpNumThreads, onnx_thread_options *, int)(options, count);
}

/* Whether idle threads use the processor while they wait. */
ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_spinning(
    const onnx_table *table, onnx_thread_options *options, int is_allowed) {
    return ONNX_STATUS(SetGlobalSpinControl, onnx_thread_options *, int)(options, is_allowed);
}

/* What a thread is to do; returns when the threads are ended. */
typedef void (*onnx_thread_work)(void *_Nullable argument);
/* Starts a thread; NULL = it could not be started, and then nothing is created. */
typedef void *_Nullable (*onnx_thread_start)(
    void *_Nullable context, onnx_thread_work work, void *_Nullable argument);
/* Waits for the end of a thread that was started so. */
typedef void (*onnx_thread_join)(void *thread);

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_start(
    const onnx_table *table, onnx_thread_options *options, onnx_thread_start start) {
    return ONNX_STATUS(SetGlobalCustomCreateThreadFn, onnx_thread_options *, onnx_thread_start)(
        options, start);
}

/* The context of the above. */
ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_context(
    const onnx_table *table, onnx_thread_options *options, void *context) {
    return ONNX_STATUS(SetGlobalCustomThreadCreationOptions, onnx_thread_options *, void *)(
        options, context);
}

ONNX_INLINE onnx_status *_Nullable onnx_thread_options_set_join(
    const onnx_table *table, onnx_thread_options *options, onnx_thread_join join) {
    return ONNX_STATUS(SetGlobalCustomJoinThreadFn, onnx_thread_options *, onnx_thread_join)(options, join);
}

/* With threads that all sessions share. */
ONNX_INLINE onnx_status *_Nullable onnx_environment_create(
    const onnx_table *table, int severity, const char *name, const onnx_thread_options *options,
    onnx_environment *_Nullable *_Nonnull environment) {
    return ONNX_STATUS(
        CreateEnvWithGlobalThreadPools, int, const char *, const onnx_thread_options *, onnx_environment **)(
        severity, name, options, environment);
}

/* The allocator is used as long as the environment lives. */
ONNX_INLINE onnx_status *_Nullable onnx_environment_register_allocator(
    const onnx_table *table, onnx_environment *environment, onnx_allocator *allocator) {
    return ONNX_STATUS(RegisterAllocator, onnx_environment *, onnx_allocator *)(environment, allocator);
}

ONNX_INLINE onnx_status *_Nullable onnx_providers_get(
    const onnx_table *table, char *_Nonnull *_Nullable *_Nonnull names, int *count) {
    return ONNX_STATUS(GetAvailableProviders, char ***, int *)(names, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_providers_release(
    const onnx_table *table, char *_Nonnull *_Nonnull names, int count) {
    return ONNX_STATUS(ReleaseAvailableProviders, char **, int)(names, count);
}

#pragma clang assume_nonnull end
