/* The floor of ONNX Runtime. Its table of functions only ever grows at its end, which makes a function's
   place in the table a lasting name for it. */
#include <stdlib.h>

#include "floor.h"

enum Slot {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    DISABLE_CPU_MEMORY_ARENA = 19,
    SET_OPTIMIZATION_LEVEL = 23,
    SET_INTRA_OP_THREADS = 24,
    SET_INTER_OP_THREADS = 25,
    SESSION_INPUT_COUNT = 30,
    SESSION_OUTPUT_COUNT = 31,
    SESSION_INPUT_NAME = 36,
    SESSION_OUTPUT_NAME = 37,
    CREATE_TENSOR_WITH_DATA = 49,
    TENSOR_ELEMENT_TYPE = 60,
    DIMENSIONS_COUNT = 61,
    DIMENSIONS = 62,
    ELEMENT_COUNT = 64,
    TENSOR_TYPE_AND_SHAPE = 65,
    CREATE_CPU_MEMORY_INFO = 69,
    DEFAULT_ALLOCATOR = 78,
    RELEASE_VALUE = 96,
    RELEASE_TYPE_AND_SHAPE = 99,
    ADD_SESSION_CONFIG_ENTRY = 130,
};

enum { API_VERSION = 17, FLOAT_TYPE = 1, LEVEL_ALL = 99 };

typedef struct {
    const void *const *(*get_api)(uint32_t version);
    const char *(*version)(void);
} ApiBase;

static const void *const *api;
static void *memory_info, *session;

/* The function at a place of the table; every one used through CALL returns a status, NULL for success. */
#define CALL(slot, ...) ((void *(*)(__VA_ARGS__))(uintptr_t)api[slot])
#define RELEASE(slot, object) ((void (*)(void *))(uintptr_t)api[slot])(object)

static inline void check(void *status) {
    if (status != NULL) fail(((const char *(*)(const void *))(uintptr_t)api[GET_ERROR_MESSAGE])(status));
}

static inline void *wrap(const Tensor *tensor) {
    void *value = NULL;
    check(CALL(CREATE_TENSOR_WITH_DATA, void *, void *, size_t, const int64_t *, size_t, int, void **)(
        memory_info, tensor->data, tensor->byte_count, tensor->shape, tensor->rank, FLOAT_TYPE, &value));
    return value;
}

static void create_session(const char *path, int threads) {
    void *environment = NULL, *options = NULL;
    check(CALL(CREATE_ENV, int, const char *, void **)(3, "floor", &environment));
    check(CALL(CREATE_CPU_MEMORY_INFO, int, int, void **)(0, 0, &memory_info));
    check(CALL(CREATE_SESSION_OPTIONS, void **)(&options));
    check(CALL(SET_INTRA_OP_THREADS, void *, int)(options, threads));
    check(CALL(SET_INTER_OP_THREADS, void *, int)(options, 1));
    check(CALL(SET_OPTIMIZATION_LEVEL, void *, int)(options, LEVEL_ALL));
    check(CALL(DISABLE_CPU_MEMORY_ARENA, void *)(options));
    check(CALL(ADD_SESSION_CONFIG_ENTRY, void *, const char *, const char *)(
        options, "session.intra_op.allow_spinning", "0"));
    check(CALL(CREATE_SESSION, void *, const char *, void *, void **)(environment, path, options, &session));
}

static size_t name_all(enum Slot count_slot, enum Slot name_slot, Tensor *tensors) {
    size_t count = 0;
    void *allocator = NULL;
    check(CALL(DEFAULT_ALLOCATOR, void **)(&allocator));
    check(CALL(count_slot, void *, size_t *)(session, &count));
    if (count == 0 || count > MAXIMUM_TENSORS) fail("the model has no input or output, or too many");
    for (size_t index = 0; index < count; index++) {
        check(CALL(name_slot, void *, size_t, void *, char **)(
            session, index, allocator, &tensors[index].name));
    }
    return count;
}

static void run_wrapped(Model *model, void **input_values, void **output_values) {
    const char *input_names[MAXIMUM_TENSORS], *output_names[MAXIMUM_TENSORS];
    for (size_t index = 0; index < model->input_count; index++) {
        input_names[index] = model->inputs[index].name;
    }
    for (size_t index = 0; index < model->output_count; index++) {
        output_names[index] = model->outputs[index].name;
    }
    check(CALL(RUN, void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t,
               void **)(session, NULL, input_names, input_values, model->input_count, output_names,
                        model->output_count, output_values));
}

/* Lets the runtime allocate the outputs once, to learn their shapes. */
static void learn_output(Tensor *tensor, void *value) {
    void *info = NULL;
    int type = 0;
    size_t count = 0;
    check(CALL(TENSOR_TYPE_AND_SHAPE, void *, void **)(value, &info));
    check(CALL(TENSOR_ELEMENT_TYPE, void *, int *)(info, &type));
    check(CALL(DIMENSIONS_COUNT, void *, size_t *)(info, &tensor->rank));
    if (type != FLOAT_TYPE) fail("an output is not FLOAT");
    if (tensor->rank > MAXIMUM_RANK) fail("an output has too many dimensions");
    check(CALL(DIMENSIONS, void *, int64_t *, size_t)(info, tensor->shape, tensor->rank));
    check(CALL(ELEMENT_COUNT, void *, size_t *)(info, &count));
    tensor->byte_count = count * sizeof(float);
    RELEASE(RELEASE_TYPE_AND_SHAPE, info);
}

static const char *open_onnx(const char *path) {
    /* The library's wheel reports its use to its maker unless this is set before anything is created. */
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    void *found = find(open_library(path), "OrtGetApiBase");
    const ApiBase *(*base)(void) = (const ApiBase *(*)(void))(uintptr_t)found;
    api = base()->get_api(API_VERSION);
    if (api == NULL) fail("the library is too old");
    return base()->version();
}

static void load_onnx(const char *path, int threads, Model *model) {
    create_session(path, threads);
    if (name_all(SESSION_INPUT_COUNT, SESSION_INPUT_NAME, model->inputs) != model->input_count) {
        fail("the model has another number of inputs");
    }
    model->output_count = name_all(SESSION_OUTPUT_COUNT, SESSION_OUTPUT_NAME, model->outputs);
    void *input_values[MAXIMUM_TENSORS], *output_values[MAXIMUM_TENSORS] = {0};
    for (size_t index = 0; index < model->input_count; index++) {
        input_values[index] = wrap(&model->inputs[index]);
    }
    run_wrapped(model, input_values, output_values);
    for (size_t index = 0; index < model->output_count; index++) {
        learn_output(&model->outputs[index], output_values[index]);
        allocate(&model->outputs[index]);
    }
}

static void run_onnx(Model *model) {
    void *input_values[MAXIMUM_TENSORS], *output_values[MAXIMUM_TENSORS];
    for (size_t index = 0; index < model->input_count; index++) {
        input_values[index] = wrap(&model->inputs[index]);
    }
    for (size_t index = 0; index < model->output_count; index++) {
        output_values[index] = wrap(&model->outputs[index]);
    }
    run_wrapped(model, input_values, output_values);
    for (size_t index = 0; index < model->input_count; index++) RELEASE(RELEASE_VALUE, input_values[index]);
    for (size_t index = 0; index < model->output_count; index++) RELEASE(RELEASE_VALUE, output_values[index]);
}

const Runtime onnx_runtime = {"onnx", open_onnx, load_onnx, run_onnx};
