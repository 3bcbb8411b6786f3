/* Times the vendor's own run of a model, without a server: what no server can go below.

     floor RUNTIME LIBRARY MODEL SECONDS THREADS INPUT... [=OUTPUT...]

   RUNTIME is onnx, tensorflow, litert or torch, LIBRARY its shared library, MODEL a file with FLOAT inputs
   and outputs. Each INPUT is the shape of one input, in the model's order: `2x2`, or `name=2x2` where the
   format wants names; then `=name` names an output. It prints one JSON object.

   It is C so that the floor has no cost of any other language in it, and it has its own few declarations so
   that it shares no mistake with the module. */
#include "floor.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

void fail(const char *what) {
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

void *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail(dlerror());
    return library;
}

void *find(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) fail(dlerror());
    return found;
}

void *read_file(const char *path, size_t *byte_count) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("the model cannot be read");
    *byte_count = (size_t)ftell(file);
    rewind(file);
    void *bytes = aligned_alloc(64, (*byte_count + 63) / 64 * 64);
    if (bytes == NULL || fread(bytes, 1, *byte_count, file) != *byte_count) fail("the model cannot be read");
    fclose(file);
    return bytes;
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

void allocate(Tensor *tensor) {
    size_t padded = (tensor->byte_count + 63) / 64 * 64;
    tensor->data = aligned_alloc(64, padded);
    if (tensor->data == NULL) fail("no memory for a tensor");
    /* Ordinary numbers: neither zeros nor subnormal ones, which processors treat apart. */
    for (size_t index = 0; index < padded / sizeof(float); index++) {
        tensor->data[index] = 0.25f + 0.5f * (float)(index % 7) / 7.0f;
    }
}

/* `2x2`, `name=2x2` or `=name`. */
static void parse_tensor(Model *model, char *text) {
    char *equals = strchr(text, '=');
    if (equals == text) {
        if (model->output_count == MAXIMUM_TENSORS) fail("too many outputs");
        model->outputs[model->output_count++].name = text + 1;
        return;
    }
    if (model->input_count == MAXIMUM_TENSORS) fail("too many inputs");
    Tensor *input = &model->inputs[model->input_count++];
    if (equals != NULL) {
        *equals = 0;
        input->name = text;
        text = equals + 1;
    }
    parse_shape(input, text);
    allocate(input);
}

/* Runs until `seconds` have passed; one clock reading a run, which ends one and begins the next. */
static void measure(const Runtime *runtime, Model *model, double seconds, Samples *samples) {
    uint64_t now = nanoseconds_now(), deadline = now + (uint64_t)(seconds * 1e9);
    while (now < deadline) {
        runtime->run(model);
        uint64_t end = nanoseconds_now();
        samples_add(samples, end - now);
        now = end;
    }
}

static const Runtime *choose(const char *name) {
    const Runtime *const runtimes[] = {&onnx_runtime, &tensorflow_runtime, &litert_runtime, &torch_runtime};
    for (size_t index = 0; index < sizeof runtimes / sizeof *runtimes; index++) {
        if (strcmp(runtimes[index]->name, name) == 0) return runtimes[index];
    }
    fail("no such runtime");
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 7) {
        fputs("usage: floor RUNTIME LIBRARY MODEL SECONDS THREADS INPUT... [=OUTPUT...]\n", stderr);
        return 2;
    }
    const Runtime *runtime = choose(arguments[1]);
    double seconds = atof(arguments[4]);
    Model model = {0};
    for (int index = 6; index < argumentCount; index++) parse_tensor(&model, arguments[index]);
    const char *runtime_version = runtime->open(arguments[2]);
    runtime->load(arguments[3], atoi(arguments[5]), &model);

    Samples warm_up = {0}, samples = {0};
    measure(runtime, &model, seconds / 10, &warm_up);
    uint64_t start = nanoseconds_now();
    measure(runtime, &model, seconds, &samples);
    char version[100];
    snprintf(version, sizeof(version), ", \"runtime\": \"%s\"", runtime_version);
    samples_print(&samples, (double)(nanoseconds_now() - start) / 1e9, version);
    return 0;
}
