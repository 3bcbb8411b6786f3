/* Sessions: a model that is ready to run, and the options that it was made with. */
#pragma once

#include "onnx_allocator.h"

#pragma clang assume_nonnull begin

/* ---- Session options ---- */

ONNX_INLINE onnx_status *_Nullable onnx_session_options_create(
    const onnx_table *table, onnx_session_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS(CreateSessionOptions, onnx_session_options **)(options);
}

ONNX_INLINE void onnx_session_options_release(const onnx_table *table, onnx_session_options *options) {
    ONNX_CALL(ReleaseSessionOptions, void, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_execution_mode(
    const onnx_table *table, onnx_session_options *options, int mode) {
    return ONNX_STATUS(SetSessionExecutionMode, onnx_session_options *, int)(options, mode);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_disable_cpu_arena(
    const onnx_table *table, onnx_session_options *options) {
    return ONNX_STATUS(DisableCpuMemArena, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_severity(
    const onnx_table *table, onnx_session_options *options, int severity) {
    return ONNX_STATUS(SetSessionLogSeverityLevel, onnx_session_options *, int)(options, severity);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_set_optimization(
    const onnx_table *table, onnx_session_options *options, int level) {
    return ONNX_STATUS(SetSessionGraphOptimizationLevel, onnx_session_options *, int)(options, level);
}

/* Makes sessions use the threads of the environment. */
ONNX_INLINE onnx_status *_Nullable onnx_session_options_share_threads(
    const onnx_table *table, onnx_session_options *options) {
    return ONNX_STATUS(DisablePerSessionThreads, onnx_session_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_options_add_entry(
    const onnx_table *table, onnx_session_options *options, const char *key, const char *value) {
    return ONNX_STATUS(AddSessionConfigEntry, onnx_session_options *, const char *, const char *)(
        options, key, value);
}

/* Fails, and leaves NULL, in a library that was built without CUDA. */
ONNX_INLINE onnx_status *_Nullable onnx_cuda_options_create(
    const onnx_table *table, onnx_cuda_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS(CreateCUDAProviderOptions, onnx_cuda_options **)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_cuda_options_update(
    const onnx_table *table, onnx_cuda_options *options, const char *_Nonnull const *_Nonnull keys,
    const char *_Nonnull const *_Nonnull values, size_t count) {
    return ONNX_STATUS(
        UpdateCUDAProviderOptions, onnx_cuda_options *, const char *const *, const char *const *, size_t)(
        options, keys, values, count);
}

ONNX_INLINE void onnx_cuda_options_release(const onnx_table *table, onnx_cuda_options *options) {
    ONNX_CALL(ReleaseCUDAProviderOptions, void, onnx_cuda_options *)(options);
}

/* Crashes the process if the CUDA options are NULL. */
ONNX_INLINE onnx_status *_Nullable onnx_session_options_append_cuda(
    const onnx_table *table, onnx_session_options *options, const onnx_cuda_options *cuda) {
    return ONNX_STATUS(
        SessionOptionsAppendExecutionProvider_CUDA_V2, onnx_session_options *, const onnx_cuda_options *)(
        options, cuda);
}

/* ---- Session ---- */

/* The bytes are not used after the call. */
ONNX_INLINE onnx_status *_Nullable onnx_session_create(
    const onnx_table *table, const onnx_environment *environment, const void *_Nullable bytes,
    size_t byte_count, const onnx_session_options *options, onnx_session *_Nullable *_Nonnull session) {
    return ONNX_STATUS(
        CreateSessionFromArray, const onnx_environment *, const void *, size_t,
        const onnx_session_options *, onnx_session **)(
        environment, bytes, byte_count, options, session);
}

ONNX_INLINE void onnx_session_release(const onnx_table *table, onnx_session *session) {
    ONNX_CALL(ReleaseSession, void, onnx_session *)(session);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_input_count(
    const onnx_table *table, const onnx_session *session, size_t *count) {
    return ONNX_STATUS(SessionGetInputCount, const onnx_session *, size_t *)(session, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_output_count(
    const onnx_table *table, const onnx_session *session, size_t *count) {
    return ONNX_STATUS(SessionGetOutputCount, const onnx_session *, size_t *)(session, count);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_input_type(
    const onnx_table *table, const onnx_session *session, size_t index,
    onnx_type_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS(SessionGetInputTypeInfo, const onnx_session *, size_t, onnx_type_info **)(
        session, index, info);
}

ONNX_INLINE onnx_status *_Nullable onnx_session_output_type(
    const onnx_table *table, const onnx_session *session, size_t index,
    onnx_type_info *_Nullable *_Nonnull info) {
    return ONNX_STATUS(SessionGetOutputTypeInfo, const onnx_session *, size_t, onnx_type_info **)(
        session, index, info);
}

/* The name is to be given back to the allocator. */
ONNX_INLINE onnx_status *_Nullable onnx_session_input_name(
    const onnx_table *table, const onnx_session *session, size_t index, onnx_allocator *allocator,
    char *_Nullable *_Nonnull name) {
    return ONNX_STATUS(SessionGetInputName, const onnx_session *, size_t, onnx_allocator *, char **)(
        session, index, allocator, name);
}

/* The name is to be given back to the allocator. */
ONNX_INLINE onnx_status *_Nullable onnx_session_output_name(
    const onnx_table *table, const onnx_session *session, size_t index, onnx_allocator *allocator,
    char *_Nullable *_Nonnull name) {
    return ONNX_STATUS(SessionGetOutputName, const onnx_session *, size_t, onnx_allocator *, char **)(
        session, index, allocator, name);
}

/* ---- Run ---- */

/* May be used for any number of runs of any session, one after the other. */
ONNX_INLINE onnx_status *_Nullable onnx_run_options_create(
    const onnx_table *table, onnx_run_options *_Nullable *_Nonnull options) {
    return ONNX_STATUS(CreateRunOptions, onnx_run_options **)(options);
}

/* Has the run under way, and each one that begins, end with an error before its next operator; any thread. */
ONNX_INLINE onnx_status *_Nullable onnx_run_options_set_terminate(
    const onnx_table *table, onnx_run_options *options) {
    return ONNX_STATUS(RunOptionsSetTerminate, onnx_run_options *)(options);
}

ONNX_INLINE onnx_status *_Nullable onnx_run_options_unset_terminate(
    const onnx_table *table, onnx_run_options *options) {
    return ONNX_STATUS(RunOptionsUnsetTerminate, onnx_run_options *)(options);
}

ONNX_INLINE void onnx_run_options_release(const onnx_table *table, onnx_run_options *options) {
    ONNX_CALL(ReleaseRunOptions, void, onnx_run_options *)(options);
}

/* Fills the outputs that are given and creates those that are NULL. Calls may overlap. */
ONNX_INLINE onnx_status *_Nullable onnx_session_run(
    const onnx_table *table, onnx_session *session, const onnx_run_options *options,
    const char *_Nonnull const *_Nonnull input_names, const onnx_value *_Nullable const *_Nonnull inputs,
    size_t input_count, const char *_Nonnull const *_Nonnull output_names, size_t output_count,
    onnx_value *_Nullable *_Nonnull outputs) {
    return ONNX_STATUS(
        Run, onnx_session *, const onnx_run_options *, const char *const *, const onnx_value *const *, size_t,
        const char *const *, size_t, onnx_value **)(
        session, options, input_names, inputs, input_count, output_names, output_count, outputs);
}

/* ---- Run with values that stay bound to their names ---- */

/* Must be released before its session. */
ONNX_INLINE onnx_status *_Nullable onnx_binding_create(
    const onnx_table *table, onnx_session *session, onnx_binding *_Nullable *_Nonnull binding) {
    return ONNX_STATUS(CreateIoBinding, onnx_session *, onnx_binding **)(session, binding);
}

ONNX_INLINE void onnx_binding_release(const onnx_table *table, onnx_binding *binding) {
    ONNX_CALL(ReleaseIoBinding, void, onnx_binding *)(binding);
}

/* Holds on to what the value holds; one on another device than the model's is copied here, once. */
ONNX_INLINE onnx_status *_Nullable onnx_binding_set_input(
    const onnx_table *table, onnx_binding *binding, const char *name, const onnx_value *value) {
    return ONNX_STATUS(BindInput, onnx_binding *, const char *, const onnx_value *)(binding, name, value);
}

/* As above; each run writes into the value. */
ONNX_INLINE onnx_status *_Nullable onnx_binding_set_output(
    const onnx_table *table, onnx_binding *binding, const char *name, const onnx_value *value) {
    return ONNX_STATUS(BindOutput, onnx_binding *, const char *, const onnx_value *)(binding, name, value);
}

/* Runs of one binding must not overlap. */
ONNX_INLINE onnx_status *_Nullable onnx_session_run_bound(
    const onnx_table *table, onnx_session *session, const onnx_run_options *options,
    const onnx_binding *binding) {
    return ONNX_STATUS(RunWithBinding, onnx_session *, const onnx_run_options *, const onnx_binding *)(
        session, options, binding);
}

#pragma clang assume_nonnull end
