/* The floor of TensorFlow, by its C interface: a GraphDef whose inputs and outputs the command line names. */
#include <stdlib.h>
#include <string.h>

#include "floor.h"

enum { FLOAT_TYPE = 1 };

typedef struct {
    const void *data;
    size_t length;
    void (*free)(void *, size_t);
} Buffer;

typedef struct {
    void *operation;
    int index;
} Output;

static void *(*new_status)(void);
static int (*get_code)(const void *);
static const char *(*get_message)(const void *);
static void *(*new_graph)(void);
static void *(*new_import_options)(void);
static void (*import_graph)(void *, const Buffer *, const void *, void *);
static void *(*operation_by_name)(void *, const char *);
static void *(*new_session_options)(void);
static void (*set_config)(void *, const void *, size_t, void *);
static void *(*new_session)(void *, const void *, void *);
static void *(*new_tensor)(
    int, const int64_t *, int, void *, size_t, void (*)(void *, size_t, void *), void *);
static void (*delete_tensor)(void *);
static void (*session_run)(
    void *, const Buffer *, const Output *, void *const *, int, const Output *, void **, int,
    const void *const *, int, Buffer *, void *);

static void *status, *session;
static Output inputs[MAXIMUM_TENSORS], outputs[MAXIMUM_TENSORS];

/* RunOptions with inter_op_thread_pool = -1: operators run on the calling thread. */
static const unsigned char run_options[] = {0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1};

static inline void check(void) {
    if (get_code(status) != 0) fail(get_message(status));
}

static const char *open_tensorflow(const char *path) {
    void *library = open_library(path);
#define FIND(pointer, name) pointer = (__typeof__(pointer))(uintptr_t)find(library, name)
    FIND(new_status, "TF_NewStatus");
    FIND(get_code, "TF_GetCode");
    FIND(get_message, "TF_Message");
    FIND(new_graph, "TF_NewGraph");
    FIND(new_import_options, "TF_NewImportGraphDefOptions");
    FIND(import_graph, "TF_GraphImportGraphDef");
    FIND(operation_by_name, "TF_GraphOperationByName");
    FIND(new_session_options, "TF_NewSessionOptions");
    FIND(set_config, "TF_SetConfig");
    FIND(new_session, "TF_NewSession");
    FIND(new_tensor, "TF_NewTensor");
    FIND(delete_tensor, "TF_DeleteTensor");
    FIND(session_run, "TF_SessionRun");
#undef FIND
    const char *(*version)(void) = (const char *(*)(void))(uintptr_t)find(library, "TF_Version");
    return version();
}

static void name_all(void *graph, const Tensor *tensors, size_t count, Output *found) {
    for (size_t index = 0; index < count; index++) {
        if (tensors[index].name == NULL) fail("a GraphDef needs names: name=2x2");
        found[index].operation = operation_by_name(graph, tensors[index].name);
        if (found[index].operation == NULL) fail("there is no node of that name");
    }
}

static void load_tensorflow(const char *path, int threads, Model *model) {
    status = new_status();
    void *graph = new_graph();
    Buffer definition = {0};
    definition.data = read_file(path, &definition.length);
    import_graph(graph, &definition, new_import_options(), status);
    check();
    /* ConfigProto: intra_op_parallelism_threads (2), inter_op_parallelism_threads (5). */
    unsigned char config[] = {0x10, (unsigned char)threads, 0x28, 1};
    if (threads < 1 || threads > 127) fail("the number of threads is out of range");
    void *options = new_session_options();
    set_config(options, config, sizeof config, status);
    check();
    session = new_session(graph, options, status);
    check();
    if (model->output_count == 0) fail("a GraphDef needs names of outputs: =name");
    name_all(graph, model->inputs, model->input_count, inputs);
    name_all(graph, model->outputs, model->output_count, outputs);
}

/* The bytes are ours before and after the run. */
static void keep(void *data, size_t length, void *context) {
    (void)data;
    (void)length;
    (void)context;
}

static void run_tensorflow(Model *model) {
    void *given[MAXIMUM_TENSORS], *made[MAXIMUM_TENSORS] = {0};
    Buffer run = {run_options, sizeof run_options, NULL};
    for (size_t index = 0; index < model->input_count; index++) {
        Tensor *tensor = &model->inputs[index];
        given[index] = new_tensor(
            FLOAT_TYPE, tensor->shape, (int)tensor->rank, tensor->data, tensor->byte_count, keep, NULL);
    }
    session_run(session, &run, inputs, given, (int)model->input_count, outputs, made,
                (int)model->output_count, NULL, 0, NULL, status);
    check();
    for (size_t index = 0; index < model->input_count; index++) delete_tensor(given[index]);
    for (size_t index = 0; index < model->output_count; index++) delete_tensor(made[index]);
}

const Runtime tensorflow_runtime = {"tensorflow", open_tensorflow, load_tensorflow, run_tensorflow};
