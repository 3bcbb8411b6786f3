/* Sessions: a graph that is ready to run, with its variables. */
#pragma once

#include "tensorflow_graph.h"

#pragma clang assume_nonnull begin

#define TENSORFLOW_SESSION_FUNCTIONS(FUNCTION)                                                      \
    FUNCTION(tensorflow_session_options *_Nullable, TF_NewSessionOptions, (void))                   \
    FUNCTION(void, TF_DeleteSessionOptions, (tensorflow_session_options *))                         \
    /* A ConfigProto message, copied. */                                                            \
    FUNCTION(                                                                                       \
        void, TF_SetConfig,                                                                         \
        (tensorflow_session_options *, const void *bytes, size_t count, tensorflow_status *))       \
    /* Keeps the graph alive as long as itself. */                                                  \
    FUNCTION(                                                                                       \
        tensorflow_session *_Nullable, TF_NewSession,                                               \
        (tensorflow_graph *, const tensorflow_session_options *, tensorflow_status *))              \
    /* Adds the model's graph to `graph`, which is empty, and restores its variables. */            \
    FUNCTION(                                                                                       \
        tensorflow_session *_Nullable, TF_LoadSessionFromSavedModel,                                \
        (const tensorflow_session_options *, const tensorflow_buffer *_Nullable run_options,        \
         const char *folder, const char *_Nonnull const *_Nonnull tags, int tag_count,              \
         tensorflow_graph *, tensorflow_buffer *_Nullable meta_graph, tensorflow_status *))         \
    /* Any thread; cancels the runs under way, and lets no further ones begin. */                   \
    FUNCTION(void, TF_CloseSession, (tensorflow_session *, tensorflow_status *))                    \
    FUNCTION(void, TF_DeleteSession, (tensorflow_session *, tensorflow_status *))                   \
    /* Any thread. A tensor in `results` belongs to the caller; all are NULL if it fails. */        \
    FUNCTION(                                                                                       \
        void, TF_SessionRun,                                                                        \
        (tensorflow_session *, const tensorflow_buffer *_Nullable run_options,                      \
         const tensorflow_output *_Nullable inputs, tensorflow_tensor *_Nullable const *_Nullable values, \
         int input_count, const tensorflow_output *_Nullable outputs,                               \
         tensorflow_tensor *_Nullable *_Nullable results, int output_count,                         \
         const tensorflow_operation *_Nullable const *_Nullable targets, int target_count,          \
         tensorflow_buffer *_Nullable metadata, tensorflow_status *))                               \
    FUNCTION(                                                                                       \
        tensorflow_device_list *_Nullable, TF_SessionListDevices,                                   \
        (tensorflow_session *, tensorflow_status *))                                                \
    FUNCTION(void, TF_DeleteDeviceList, (tensorflow_device_list *))                                 \
    FUNCTION(int, TF_DeviceListCount, (const tensorflow_device_list *))                             \
    /* `CPU`, `GPU`; belongs to the list. */                                                        \
    FUNCTION(                                                                                       \
        const char *_Nullable, TF_DeviceListType,                                                   \
        (const tensorflow_device_list *, int index, tensorflow_status *))

#pragma clang assume_nonnull end
