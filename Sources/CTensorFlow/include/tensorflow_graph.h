/* Graphs: the nodes of a model. */
#pragma once

#include "tensorflow_base.h"

#pragma clang assume_nonnull begin

/* One output of a node; passed by value. */
typedef struct tensorflow_output {
    tensorflow_operation *_Nullable operation;
    int index;
} tensorflow_output;

#define TENSORFLOW_GRAPH_FUNCTIONS(FUNCTION)                                                        \
    FUNCTION(tensorflow_graph *_Nullable, TF_NewGraph, (void))                                      \
    FUNCTION(void, TF_DeleteGraph, (tensorflow_graph *))                                            \
    FUNCTION(tensorflow_import_options *_Nullable, TF_NewImportGraphDefOptions, (void))             \
    FUNCTION(void, TF_DeleteImportGraphDefOptions, (tensorflow_import_options *))                   \
    /* The text is copied. */                                                                       \
    FUNCTION(                                                                                       \
        void, TF_ImportGraphDefOptionsSetDefaultDevice,                                             \
        (tensorflow_import_options *, const char *device))                                          \
    /* The bytes are not used after the call. */                                                    \
    FUNCTION(                                                                                       \
        void, TF_GraphImportGraphDef,                                                               \
        (tensorflow_graph *, const tensorflow_buffer *, const tensorflow_import_options *,          \
         tensorflow_status *))                                                                      \
    /* Belongs to the graph. */                                                                     \
    FUNCTION(                                                                                       \
        tensorflow_operation *_Nullable, TF_GraphOperationByName,                                   \
        (tensorflow_graph *, const char *name))                                                     \
    /* Belongs to the graph. */                                                                     \
    FUNCTION(const char *_Nullable, TF_OperationOpType, (tensorflow_operation *))                   \
    FUNCTION(int, TF_OperationNumOutputs, (tensorflow_operation *))                                 \
    FUNCTION(int, TF_OperationOutputType, (tensorflow_output))                                      \
    /* -1 if the number of dimensions is unknown. */                                                \
    FUNCTION(int, TF_GraphGetTensorNumDims, (tensorflow_graph *, tensorflow_output, tensorflow_status *)) \
    /* A dimension of -1 is unknown. */                                                             \
    FUNCTION(                                                                                       \
        void, TF_GraphGetTensorShape,                                                               \
        (tensorflow_graph *, tensorflow_output, int64_t *_Nullable dimensions, int count,           \
         tensorflow_status *))

#pragma clang assume_nonnull end
