/* The floor of LiteRT, by its own C interface of version 2.3.0. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

enum { FLOAT_TYPE = 1, ON_PROCESSOR = 1, SEVERITY_TAG = 25, NUMBER_KIND = 2, SILENT = 4 };

typedef struct {
    int element;
    uint32_t rank;
    int32_t dimensions[8];
    uint32_t strides[8];
} TensorType;

typedef struct {
    int tag, kind;
    int64_t value;
} EnvironmentOption;

static int (*create_environment)(int, const EnvironmentOption *, void **);
static int (*create_model)(void *, const void *, size_t, void **);
static int (*create_options)(void **);
static int (*set_hardware)(void *, int);
static int (*create_opaque)(const char *, void *, void (*)(void *), void **);
static int (*add_opaque)(void *, void *);
static int (*compile)(void *, void *, void *, void **);
static int (*get_signature)(void *, size_t, void **);
static int (*count_inputs)(void *, size_t *);
static int (*count_outputs)(void *, size_t *);
static int (*output_tensor)(void *, size_t, void **);
static int (*tensor_type)(void *, TensorType *);
static int (*wrap)(const TensorType *, void *, size_t, void (*)(void *), void **);
static void (*destroy_buffer)(void *);
static int (*run)(void *, size_t, size_t, void **, size_t, void **);

static void *compiled;
static TensorType input_types[MAXIMUM_TENSORS], output_types[MAXIMUM_TENSORS];

static inline void check(int status) {
    if (status != 0) {
        fprintf(stderr, "floor: LiteRT answers %d\n", status);
        exit(1);
    }
}

static const char *open_litert(const char *path) {
    void *library = open_library(path);
#define FIND(pointer, name) pointer = (__typeof__(pointer))(uintptr_t)find(library, name)
    FIND(create_environment, "LiteRtCreateEnvironment");
    FIND(create_model, "LiteRtCreateModelFromBuffer");
    FIND(create_options, "LiteRtCreateOptions");
    FIND(set_hardware, "LiteRtSetOptionsHardwareAccelerators");
    FIND(create_opaque, "LiteRtCreateOpaqueOptions");
    FIND(add_opaque, "LiteRtAddOpaqueOptions");
    FIND(compile, "LiteRtCreateCompiledModel");
    FIND(get_signature, "LiteRtGetModelSignature");
    FIND(count_inputs, "LiteRtGetNumSignatureInputs");
    FIND(count_outputs, "LiteRtGetNumSignatureOutputs");
    FIND(output_tensor, "LiteRtGetSignatureOutputTensorByIndex");
    FIND(tensor_type, "LiteRtGetRankedTensorType");
    FIND(wrap, "LiteRtCreateTensorBufferFromHostMemory");
    FIND(destroy_buffer, "LiteRtDestroyTensorBuffer");
    FIND(run, "LiteRtRunCompiledModel");
#undef FIND
    /* The library does not tell its version; these functions are those of this one. */
    return "2.3.0";
}

static TensorType type_of(const Tensor *tensor) {
    TensorType type = {.element = FLOAT_TYPE, .rank = (uint32_t)tensor->rank};
    for (size_t axis = 0; axis < tensor->rank; axis++) type.dimensions[axis] = (int32_t)tensor->shape[axis];
    return type;
}

static void learn_output(void *signature, size_t index, Tensor *tensor) {
    void *handle = NULL;
    TensorType type;
    check(output_tensor(signature, index, &handle));
    check(tensor_type(handle, &type));
    if (type.element != FLOAT_TYPE) fail("an output is not FLOAT");
    tensor->rank = type.rank & 0x7F;
    tensor->byte_count = sizeof(float);
    for (size_t axis = 0; axis < tensor->rank; axis++) {
        if (type.dimensions[axis] < 1) fail("the shape of an output is not in the file");
        tensor->shape[axis] = type.dimensions[axis];
        tensor->byte_count *= (size_t)type.dimensions[axis];
    }
    allocate(tensor);
    output_types[index] = type_of(tensor);
}

static void load_litert(const char *path, int threads, Model *model) {
    EnvironmentOption quiet = {SEVERITY_TAG, NUMBER_KIND, SILENT};
    void *environment = NULL, *options = NULL, *opaque = NULL, *handle = NULL, *signature = NULL;
    size_t byte_count = 0;
    void *bytes = read_file(path, &byte_count);
    char *text = malloc(40);
    if (text == NULL) fail("no memory for a text");
    snprintf(text, 40, "num_threads = %d\n", threads);
    check(create_environment(1, &quiet, &environment));
    check(create_model(environment, bytes, byte_count, &handle));
    check(create_options(&options));
    check(set_hardware(options, ON_PROCESSOR));
    check(create_opaque("xnnpack", text, free, &opaque));
    check(add_opaque(options, opaque));
    check(compile(environment, handle, options, &compiled));
    check(get_signature(handle, 0, &signature));
    size_t input_count = 0;
    check(count_inputs(signature, &input_count));
    check(count_outputs(signature, &model->output_count));
    if (input_count != model->input_count) fail("the model has another number of inputs");
    if (model->output_count > MAXIMUM_TENSORS) fail("the model has too many outputs");
    for (size_t index = 0; index < input_count; index++) input_types[index] = type_of(&model->inputs[index]);
    for (size_t index = 0; index < model->output_count; index++) {
        learn_output(signature, index, &model->outputs[index]);
    }
}

static void run_litert(Model *model) {
    void *inputs[MAXIMUM_TENSORS], *outputs[MAXIMUM_TENSORS];
    for (size_t index = 0; index < model->input_count; index++) {
        Tensor *tensor = &model->inputs[index];
        check(wrap(&input_types[index], tensor->data, tensor->byte_count, NULL, &inputs[index]));
    }
    for (size_t index = 0; index < model->output_count; index++) {
        Tensor *tensor = &model->outputs[index];
        check(wrap(&output_types[index], tensor->data, tensor->byte_count, NULL, &outputs[index]));
    }
    check(run(compiled, 0, model->input_count, inputs, model->output_count, outputs));
    for (size_t index = 0; index < model->input_count; index++) destroy_buffer(inputs[index]);
    for (size_t index = 0; index < model->output_count; index++) destroy_buffer(outputs[index]);
}

const Runtime litert_runtime = {"litert", open_litert, load_litert, run_litert};
