/* Times the vendor's own Run of a model, without a server: what no server can go below.

     floor LIBRARY MODEL SECONDS THREADS SHAPE...

   LIBRARY is ONNX Runtime's shared library, MODEL an ONNX file with FLOAT inputs and outputs, and each SHAPE
   (`2x2`) is that of one input, in the model's order. One run is the least that an honest caller does: wrap
   the bytes of the inputs and the outputs, Run, release the wrappers. It prints one JSON object.

   It is C so that the floor has no cost of any other language in it, and it has its own few declarations so
   that it shares no mistake with the module. ONNX Runtime's table of functions only ever grows at its end,
   which makes a function's place in the table a lasting name for it. */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "samples.h"

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

enum { API_VERSION = 17, FLOAT_TYPE = 1, MAXIMUM_RANK = 8, MAXIMUM_TENSORS = 16, LEVEL_ALL = 99 };

typedef struct {
    const void *const *(*get_api)(uint32_t version);
    const char *(*version)(void);
} ApiBase;

typedef struct {
    char *name;
    float *data;
    size_t byte_count;
    int64_t shape[MAXIMUM_RANK];
    size_t rank;
} Tensor;

static const void *const *api;
static void *memory_info;

/* The function at a place of the table; every one used through CALL returns a status, NULL for success. */
#define CALL(slot, ...) ((void *(*)(__VA_ARGS__))(uintptr_t)api[slot])
#define RELEASE(slot, object) ((void (*)(void *))(uintptr_t)api[slot])(object)

static void fail(const char *what) {
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static inline void check(void *status) {
    if (status != NULL) fail(((const char *(*)(const void *))(uintptr_t)api[GET_ERROR_MESSAGE])(status));
}

static void parse_shape(Tensor *tensor, const char *text) {
    size_t count = 1;
    char *rest = (char *)text;
    do {
        if (tensor->rank == MAXIMUM_RANK) fail("a shape has too many dimensions");
        int64_t dimension = strtoll(rest, &rest, 10);
        if (dimension < 1 || dimension > 1 << 20) fail("a dimension is out of range");
        if (*rest != 'x' && *rest != 0) fail("a shape is written like 2x2");
        tensor->shape[tensor->rank++] = dimension;
        count *= (size_t)dimension;
    } while (*rest++ == 'x');
    tensor->byte_count = count * sizeof(float);
}

static void allocate(Tensor *tensor) {
    size_t padded = (tensor->byte_count + 63) / 64 * 64;
    tensor->data = aligned_alloc(64, padded);
    if (tensor->data == NULL) fail("no memory for a tensor");
    /* Ordinary numbers: neither zeros nor subnormal ones, which processors treat apart. */
    for (size_t index = 0; index < padded / sizeof(float); index++) {
        tensor->data[index] = 0.25f + 0.5f * (float)(index % 7) / 7.0f;
    }
}

static inline void *wrap(const Tensor *tensor) {
    void *value = NULL;
    check(CALL(CREATE_TENSOR_WITH_DATA, void *, void *, size_t, const int64_t *, size_t, int, void **)(
        memory_info, tensor->data, tensor->byte_count, tensor->shape, tensor->rank, FLOAT_TYPE, &value));
    return value;
}

static void *create_session(const char *path, int threads) {
    void *environment = NULL, *options = NULL, *session = NULL;
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
    return session;
}

static size_t name_all(void *session, enum Slot count_slot, enum Slot name_slot, Tensor *tensors) {
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

static void run(void *session, Tensor *inputs, size_t input_count, void **input_values,
                Tensor *outputs, size_t output_count, void **output_values) {
    const char *input_names[MAXIMUM_TENSORS], *output_names[MAXIMUM_TENSORS];
    for (size_t index = 0; index < input_count; index++) input_names[index] = inputs[index].name;
    for (size_t index = 0; index < output_count; index++) output_names[index] = outputs[index].name;
    check(CALL(RUN, void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t,
               void **)(session, NULL, input_names, input_values, input_count, output_names, output_count,
                        output_values));
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

/* Runs until `seconds` have passed; one clock reading a run, which ends one and begins the next. */
static void measure(void *session, Tensor *inputs, size_t input_count, Tensor *outputs, size_t output_count,
                    double seconds, Samples *samples) {
    void *input_values[MAXIMUM_TENSORS], *output_values[MAXIMUM_TENSORS];
    uint64_t now = nanoseconds_now(), deadline = now + (uint64_t)(seconds * 1e9);
    while (now < deadline) {
        for (size_t index = 0; index < input_count; index++) input_values[index] = wrap(&inputs[index]);
        for (size_t index = 0; index < output_count; index++) output_values[index] = wrap(&outputs[index]);
        run(session, inputs, input_count, input_values, outputs, output_count, output_values);
        for (size_t index = 0; index < input_count; index++) RELEASE(RELEASE_VALUE, input_values[index]);
        for (size_t index = 0; index < output_count; index++) RELEASE(RELEASE_VALUE, output_values[index]);
        uint64_t end = nanoseconds_now();
        samples_add(samples, end - now);
        now = end;
    }
}

static const ApiBase *open_library(const char *path) {
    /* The library's wheel reports its use to its maker unless this is set before anything is created. */
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail(dlerror());
    const ApiBase *(*base)(void) = (const ApiBase *(*)(void))(uintptr_t)dlsym(library, "OrtGetApiBase");
    if (base == NULL) fail(dlerror());
    api = base()->get_api(API_VERSION);
    if (api == NULL) fail("the library is too old");
    return base();
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 6) {
        fputs("usage: floor LIBRARY MODEL SECONDS THREADS SHAPE...\n", stderr);
        return 2;
    }
    const ApiBase *base = open_library(arguments[1]);
    double seconds = atof(arguments[3]);
    void *session = create_session(arguments[2], atoi(arguments[4]));
    Tensor inputs[MAXIMUM_TENSORS] = {0}, outputs[MAXIMUM_TENSORS] = {0};
    size_t input_count = name_all(session, SESSION_INPUT_COUNT, SESSION_INPUT_NAME, inputs);
    size_t output_count = name_all(session, SESSION_OUTPUT_COUNT, SESSION_OUTPUT_NAME, outputs);
    if (input_count != (size_t)(argumentCount - 5)) fail("the model has another number of inputs");

    void *input_values[MAXIMUM_TENSORS], *output_values[MAXIMUM_TENSORS] = {0};
    for (size_t index = 0; index < input_count; index++) {
        parse_shape(&inputs[index], arguments[5 + index]);
        allocate(&inputs[index]);
        input_values[index] = wrap(&inputs[index]);
    }
    run(session, inputs, input_count, input_values, outputs, output_count, output_values);
    for (size_t index = 0; index < output_count; index++) {
        learn_output(&outputs[index], output_values[index]);
        allocate(&outputs[index]);
    }

    Samples warm_up = {0}, samples = {0};
    measure(session, inputs, input_count, outputs, output_count, seconds / 10, &warm_up);
    uint64_t start = nanoseconds_now();
    measure(session, inputs, input_count, outputs, output_count, seconds, &samples);
    char version[100];
    snprintf(version, sizeof(version), ", \"runtime\": \"%s\"", base->version());
    samples_print(&samples, (double)(nanoseconds_now() - start) / 1e9, version);
    return 0;
}
