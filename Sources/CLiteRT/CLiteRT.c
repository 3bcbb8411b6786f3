#define _GNU_SOURCE

#include "CLiteRT.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Where in the table each function of the library goes. */
static const struct {
    const char *name;
    size_t offset;
} functions[] = {
    {"LiteRtCreateEnvironment", offsetof(litert_table, create_environment)},
    {"LiteRtGetNumAccelerators", offsetof(litert_table, accelerator_count)},
    {"LiteRtGetAccelerator", offsetof(litert_table, accelerator)},
    {"LiteRtGetAcceleratorHardwareSupport", offsetof(litert_table, accelerator_hardware)},
    {"LiteRtCreateOptions", offsetof(litert_table, create_options)},
    {"LiteRtDestroyOptions", offsetof(litert_table, destroy_options)},
    {"LiteRtSetOptionsHardwareAccelerators", offsetof(litert_table, set_hardware)},
    {"LiteRtCreateOpaqueOptions", offsetof(litert_table, create_opaque_options)},
    {"LiteRtDestroyOpaqueOptions", offsetof(litert_table, destroy_opaque_options)},
    {"LiteRtAddOpaqueOptions", offsetof(litert_table, add_opaque_options)},
    {"LiteRtCreateModelFromBuffer", offsetof(litert_table, create_model)},
    {"LiteRtDestroyModel", offsetof(litert_table, destroy_model)},
    {"LiteRtGetNumModelSignatures", offsetof(litert_table, signature_count)},
    {"LiteRtGetModelSignature", offsetof(litert_table, signature)},
    {"LiteRtGetNumSignatureInputs", offsetof(litert_table, input_count)},
    {"LiteRtGetNumSignatureOutputs", offsetof(litert_table, output_count)},
    {"LiteRtGetSignatureInputName", offsetof(litert_table, input_name)},
    {"LiteRtGetSignatureOutputName", offsetof(litert_table, output_name)},
    {"LiteRtGetSignatureInputTensorByIndex", offsetof(litert_table, input_tensor)},
    {"LiteRtGetSignatureOutputTensorByIndex", offsetof(litert_table, output_tensor)},
    {"LiteRtGetTensorTypeId", offsetof(litert_table, tensor_kind)},
    {"LiteRtGetRankedTensorType", offsetof(litert_table, tensor_type)},
    {"LiteRtCreateCompiledModel", offsetof(litert_table, compile)},
    {"LiteRtDestroyCompiledModel", offsetof(litert_table, destroy_compiled)},
    {"LiteRtSetCompiledModelCancellationFunction", offsetof(litert_table, set_cancellation)},
    {"LiteRtCompiledModelResizeInputTensor", offsetof(litert_table, resize)},
    {"LiteRtCompiledModelResizeInputTensorNonStrict", offsetof(litert_table, resize_freely)},
    {"LiteRtGetCompiledModelOutputTensorLayouts", offsetof(litert_table, output_layouts)},
    {"LiteRtRunCompiledModel", offsetof(litert_table, run)},
    {"LiteRtCompiledModelGetErrorMessages", offsetof(litert_table, error_text)},
    {"LiteRtCompiledModelClearErrors", offsetof(litert_table, clear_errors)},
    {"LiteRtCreateTensorBufferFromHostMemory", offsetof(litert_table, wrap)},
    {"LiteRtDestroyTensorBuffer", offsetof(litert_table, destroy_buffer)},
};

const char *litert_table_fill(litert_table *table, litert_finder find, void *context) {
    for (size_t index = 0; index < sizeof functions / sizeof functions[0]; index++) {
        void *address = find(context, functions[index].name);
        if (address == NULL) return functions[index].name;
        *(void **)(void *)((char *)table + functions[index].offset) = address;
    }
    return NULL;
}

char *litert_table_folder(const litert_table *table, size_t *byte_count) {
    Dl_info place;
    struct stat status;
    if (dladdr((void *)table->create_environment, &place) == 0 || place.dli_fname == NULL) return NULL;
    char *path = realpath(place.dli_fname, NULL);
    if (path == NULL) return NULL;
    char *end = strrchr(path, '/');
    if (end == NULL || stat(path, &status) != 0) {
        free(path);
        return NULL;
    }
    *byte_count = (size_t)status.st_size;
    end[end == path ? 1 : 0] = '\0';
    return path;
}

void litert_flag_set(litert_flag *flag, bool is_raised) {
    atomic_store_explicit(&flag->is_raised, is_raised, memory_order_relaxed);
}

bool litert_watch_is_raised(void *watch) {
    litert_flag *flag = ((const litert_watch *)watch)->flag;
    return flag != NULL && atomic_load_explicit(&flag->is_raised, memory_order_relaxed);
}
