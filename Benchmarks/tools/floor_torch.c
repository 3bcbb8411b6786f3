/* The floor of libtorch, which has only an interface of C++: the least is a call of the bridge to it. */
#include <stdlib.h>

#include "floor.h"
#include "torch_bridge.h"

static const torch_bridge *bridge;
static torch_model *loaded;
static torch_run *stopper;

static const int32_t float_type = TORCH_FLOAT32;

static inline void check(torch_failure *failure) {
    if (failure != NULL) fail(bridge->failure_text(failure).bytes);
}

static const char *open_torch(const char *path) {
    void *found = find(open_library(path), TORCH_BRIDGE_ENTRY_SYMBOL);
    torch_bridge_entry entry = (torch_bridge_entry)(uintptr_t)found;
    bridge = entry(TORCH_BRIDGE_VERSION);
    if (bridge == NULL) fail("the bridge is of another version");
    return bridge->libtorch_version();
}

static torch_view view_of(const Tensor *tensor) {
    return (torch_view){tensor->data, tensor->byte_count, tensor->shape, (int32_t)tensor->rank, float_type};
}

static void load_torch(const char *path, int threads, Model *model) {
    torch_options options = {threads, 1, 0};
    check(bridge->start(&options));
    torch_load_options load = {-1, 0};
    torch_text archive = {0};
    archive.bytes = read_file(path, &archive.byte_count);
    check(bridge->model_load(archive, &load, &loaded));
    stopper = bridge->run_create();
    if (stopper == NULL) fail("no memory for a run");
    if (bridge->model_input_count(loaded) != model->input_count) {
        fail("the model has another number of inputs");
    }
}

static void run_torch(Model *model) {
    torch_view inputs[MAXIMUM_TENSORS];
    torch_outputs *outputs = NULL;
    for (size_t index = 0; index < model->input_count; index++) {
        inputs[index] = view_of(&model->inputs[index]);
    }
    check(bridge->model_run(loaded, inputs, model->input_count, stopper, &outputs));
    bridge->outputs_release(outputs);
}

const Runtime torch_runtime = {"torch", open_torch, load_torch, run_torch};
