/* The functions of the library that are called. */
#pragma once

#include "litert_tensor.h"

#pragma clang assume_nonnull begin

typedef struct litert_table {
    /* Environment, options and accelerators. */
    litert_status (*create_environment)(
        int count, const litert_environment_option *options, litert_environment *_Nullable *_Nonnull result);
    litert_status (*accelerator_count)(const litert_environment *environment, size_t *count);
    /* Belongs to the environment. */
    litert_status (*accelerator)(
        const litert_environment *environment, size_t index, litert_accelerator *_Nullable *_Nonnull result);
    litert_status (*accelerator_hardware)(const litert_accelerator *accelerator, int *hardware);
    litert_status (*create_options)(litert_options *_Nullable *_Nonnull result);
    void (*destroy_options)(litert_options *options);
    litert_status (*set_hardware)(litert_options *options, int hardware);
    /* Takes the text over, also to release it. */
    litert_status (*create_opaque_options)(
        const char *name, void *text, void (*release)(void *_Nullable text),
        litert_opaque_options *_Nullable *_Nonnull result);
    void (*destroy_opaque_options)(litert_opaque_options *options);
    /* Takes the opaque options over. */
    litert_status (*add_opaque_options)(litert_options *options, litert_opaque_options *opaque);

    /* Models: the bytes must stay as long as the model, and the model as long as what is made of it. */
    litert_status (*create_model)(
        litert_environment *environment, const void *bytes, size_t byte_count,
        litert_model *_Nullable *_Nonnull result);
    void (*destroy_model)(litert_model *model);
    litert_status (*signature_count)(const litert_model *model, size_t *count);
    /* Belongs to the model, as everything of it below. */
    litert_status (*signature)(
        const litert_model *model, size_t index, const litert_signature *_Nullable *_Nonnull result);
    litert_status (*input_count)(const litert_signature *signature, size_t *count);
    litert_status (*output_count)(const litert_signature *signature, size_t *count);
    litert_status (*input_name)(
        const litert_signature *signature, size_t index, const char *_Nullable *_Nonnull name);
    litert_status (*output_name)(
        const litert_signature *signature, size_t index, const char *_Nullable *_Nonnull name);
    litert_status (*input_tensor)(
        const litert_signature *signature, size_t index, const litert_tensor *_Nullable *_Nonnull result);
    litert_status (*output_tensor)(
        const litert_signature *signature, size_t index, const litert_tensor *_Nullable *_Nonnull result);
    litert_status (*tensor_kind)(const litert_tensor *tensor, int *kind);
    /* Only for a ranked one. */
    litert_status (*tensor_type)(const litert_tensor *tensor, litert_tensor_type *type);

    /* Compiled models: no two threads may use the same one at once. */
    litert_status (*compile)(
        litert_environment *environment, litert_model *model, litert_options *options,
        litert_compiled_model *_Nullable *_Nonnull result);
    void (*destroy_compiled)(litert_compiled_model *compiled);
    litert_status (*set_cancellation)(
        litert_compiled_model *compiled, void *data, bool (*is_cancelled)(void *_Nullable data));
    /* Only dimensions that are declared as not known may change. */
    litert_status (*resize)(
        litert_compiled_model *compiled, size_t signature, size_t input, const int *dimensions, size_t rank);
    litert_status (*resize_freely)(
        litert_compiled_model *compiled, size_t signature, size_t input, const int *dimensions, size_t rank);
    /* Makes everything ready for the present shapes first if asked for. */
    litert_status (*output_layouts)(
        litert_compiled_model *compiled, size_t signature, size_t count, litert_layout *layouts,
        bool makes_ready);
    litert_status (*run)(
        litert_compiled_model *compiled, size_t signature, size_t input_count,
        litert_buffer *_Nullable const *_Nullable inputs, size_t output_count,
        litert_buffer *_Nullable const *_Nullable outputs);
    /* What went wrong since the texts were cleared; to be freed. */
    litert_status (*error_text)(litert_compiled_model *compiled, char *_Nullable *_Nonnull text);
    litert_status (*clear_errors)(litert_compiled_model *compiled);

    /* Buffers: elements at the given address, which must be a multiple of 64 and outlive the buffer. */
    litert_status (*wrap)(
        const litert_tensor_type *type, void *elements, size_t byte_count,
        void (*_Nullable release)(void *_Nullable elements), litert_buffer *_Nullable *_Nonnull result);
    void (*destroy_buffer)(litert_buffer *buffer);
} litert_table;

/* Finds a function by its name. */
typedef void *_Nullable (*litert_finder)(void *_Nullable context, const char *name);

/* Fills the table; returns the first name that is not there, or NULL. */
const char *_Nullable litert_table_fill(
    litert_table *table, litert_finder find, void *_Nullable context);

/* The folder of the file that the functions are in, to be freed, and how long that file is. */
char *_Nullable litert_table_folder(const litert_table *table, size_t *byte_count);

#pragma clang assume_nonnull end
