/* What version 2 adds. */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"
#include "waiting.h"

/* Tells, at `private_data`, that the memory is the caller's again. */
static void give_back(void *data, void *private_data) {
    (void)data;
    __atomic_store_n((int *)private_data, 1, __ATOMIC_RELEASE);
}

static outcome check_types(void) {
    long long shape[] = {3};
    for (int type = REDISAI_TYPE_FLOAT; type <= REDISAI_TYPE_STRING; type++) {
        RAI_Tensor *tensor = RedisAI_TensorCreateOfType(type, shape, 1, NULL);
        CHECK(tensor && RedisAI_TensorElementType(tensor) == type);
        RAI_Tensor *named = RedisAI_TensorCreate(RedisAI_ElementTypeName(type), shape, 1);
        CHECK(named && RedisAI_TensorElementType(named) == type);
        RedisAI_TensorFree(tensor);
        RedisAI_TensorFree(named);
    }
    CHECK(RedisAI_ElementTypeName(0) == NULL && RedisAI_ElementTypeName(15) == NULL);
    CHECK(RedisAI_TensorElementType(NULL) == REDISAI_TYPE_UNKNOWN);
    return NULL;
}

static RAI_Tensor *wrap(float *values, size_t length, int *is_released, RAI_Error *error) {
    long long shape[] = {2, 2};
    return RedisAI_TensorCreateFromMemory(
        REDISAI_TYPE_FLOAT, shape, 2, values, length, give_back, is_released, error);
}

static outcome check_memory(RAI_Model *model, RAI_Error *error) {
    float *values = aligned_alloc(64, 64);
    for (int index = 0; index < 4; index++) values[index] = index % 2 ? 3 : 2;
    int is_released = 0;
    CHECK(wrap(values, 12, &is_released, error) == NULL && !is_released);
    CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_ETENSORSET);
    RedisAI_ClearError(error);
    RAI_Tensor *tensor = wrap(values, 16, &is_released, error);
    CHECK(tensor && RedisAI_TensorData(tensor) == (char *)values);
    CHECK(RedisAI_TensorSetValueFromDouble(tensor, 0, 1) == 0);
    RAI_ModelRunCtx *context = RedisAI_ModelRunCtxCreate(model);
    RedisAI_ModelRunCtxAddInput(context, NULL, tensor);
    RedisAI_ModelRunCtxAddInput(context, NULL, tensor);
    RedisAI_ModelRunCtxAddOutput(context, NULL);
    RedisAI_TensorFree(tensor);
    CHECK(RedisAI_ModelRun(&context, 1, error) == 0 && !is_released);
    CHECK(has_values(RedisAI_ModelRunCtxOutputTensor(context, 0), 4, 9));
    RedisAI_ModelRunCtxFree(context);
    /* A worker that has run it may hold it a moment longer. */
    while (!__atomic_load_n(&is_released, __ATOMIC_ACQUIRE)) sched_yield();
    free(values);
    return NULL;
}

static outcome check_description(RAI_Model *model) {
    char name[64];
    long long shape[8];
    CHECK(RedisAI_ModelState(model, NULL) == REDISAI_MODEL_READY);
    CHECK(RedisAI_ModelNumInputs(model) == 2 && RedisAI_ModelNumOutputs(model) == 1);
    int length = RedisAI_ModelInputName(model, 0, name, sizeof name);
    CHECK(length > 0 && (size_t)length == strlen(name));
    CHECK(RedisAI_ModelOutputName(model, 0, name, 1) > 0 && name[0] == 0);
    CHECK(RedisAI_ModelInputType(model, 1) == REDISAI_TYPE_FLOAT);
    CHECK(RedisAI_ModelOutputType(model, 0) == REDISAI_TYPE_FLOAT);
    CHECK(RedisAI_ModelInputShape(model, 0, shape, 8) == 2 && shape[0] == 2 && shape[1] == 2);
    CHECK(RedisAI_ModelOutputShape(model, 0, NULL, 0) == 2);
    CHECK(RedisAI_ModelInputName(model, 2, name, sizeof name) == -1);
    CHECK(RedisAI_ModelOutputType(model, SIZE_MAX) == -1 && RedisAI_ModelNumInputs(NULL) == -1);
    return NULL;
}

static RAI_ModelRunCtx *make_run(RAI_Model *model) {
    RAI_ModelRunCtx *context = RedisAI_ModelRunCtxCreate(model);
    RAI_Tensor *input = make_input();
    RedisAI_ModelRunCtxAddInput(context, NULL, input);
    RedisAI_ModelRunCtxAddInput(context, NULL, input);
    RedisAI_ModelRunCtxAddOutput(context, NULL);
    RedisAI_TensorFree(input);
    return context;
}

/* A run that is cancelled ends once, with its outputs or with an error. */
static outcome check_deadlines(RAI_Model *model, RAI_Error *error) {
    waiting w;
    begin(&w);
    RAI_Run *run = NULL;
    RAI_ModelRunCtx *context = make_run(model);
    CHECK(RedisAI_ModelRunStart(context, -1, model_ran, &w, &run, error) == 1 && !run);
    RedisAI_ClearError(error);
    CHECK(RedisAI_ModelRunStart(context, 60000, model_ran, &w, &run, error) == 0 && run);
    wait_for(&w);
    CHECK(RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_OK);
    CHECK(has_values(RedisAI_ModelRunCtxOutputTensor(context, 0), 4, 9));
    CHECK(RedisAI_RunCancel(run) == 1);
    RedisAI_RunFree(run);
    end(&w);

    begin(&w);
    CHECK(RedisAI_ModelRunStart(context, 0, model_ran, &w, &run, error) == 0);
    int is_late = RedisAI_RunCancel(run);
    wait_for(&w);
    CHECK(w.context == context);
    CHECK((RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_OK) == (is_late == 1));
    CHECK((RedisAI_ModelRunCtxOutputTensor(context, 0) != NULL) == (is_late == 1));
    RedisAI_RunFree(run);
    end(&w);
    RedisAI_ModelRunCtxFree(context);

    begin(&w);
    RAI_DAGRunCtx *dag = RedisAI_DAGRunCtxCreate();
    RAI_Tensor *input = make_input();
    RedisAI_DAGLoadTensor(dag, "a", input);
    RedisAI_TensorFree(input);
    RedisAI_DAGAddTensorGet(dag, "a");
    CHECK(RedisAI_DAGRunStart(dag, 60000, dag_ran, &w, NULL, error) == 0);
    wait_for(&w);
    CHECK(has_values(RedisAI_DAGOutputTensor(w.finish, 0), 2, 3));
    end(&w);
    RedisAI_DAGFree(dag);
    return NULL;
}

/* `count_words` gives the numbers of its keys and arguments; `ask` asks the server, which is refused. */
static outcome check_words(RAI_Script *script, RAI_Error *error) {
    RAI_ScriptRunCtx *context = RedisAI_ScriptRunCtxCreate(script, "count_words");
    CHECK(RedisAI_ScriptRunCtxAddKey(context, "k{1}", 4) == 1);
    CHECK(RedisAI_ScriptRunCtxAddArg(context, "a\0b", 3) == 1);
    CHECK(RedisAI_ScriptRunCtxAddArg(context, NULL, 0) == 1);
    CHECK(RedisAI_ScriptRunCtxAddOutput(context) == 1);
    waiting w;
    begin(&w);
    CHECK(RedisAI_ScriptRunStart(context, 0, script_ran, &w, NULL, error) == 0);
    wait_for(&w);
    long long keys = 0, arguments = 0;
    RAI_Tensor *counts = RedisAI_ScriptRunCtxOutputTensor(context, 0);
    CHECK(RedisAI_TensorGetValueAsLongLong(counts, 0, &keys) && keys == 1);
    CHECK(RedisAI_TensorGetValueAsLongLong(counts, 1, &arguments) && arguments == 2);
    end(&w);
    RedisAI_ScriptRunCtxFree(context);

    /* No user stands behind it. */
    context = RedisAI_ScriptRunCtxCreate(script, "ask");
    RedisAI_ScriptRunCtxAddOutput(context);
    CHECK(RedisAI_ScriptRun(context, error) == 1);
    CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_ESCRIPTRUN);
    RedisAI_ClearError(error);
    RedisAI_ScriptRunCtxFree(context);

    RAI_DAGRunOp *op = RedisAI_DAGCreateScriptRunOp(script, "count_words");
    CHECK(RedisAI_DAGRunOpAddKey(op, "k{1}", 4) == 0 && RedisAI_DAGRunOpAddArg(op, "a", 1) == 0);
    RedisAI_DAGRunOpFree(op);
    return NULL;
}

static outcome check_saved(RAI_Model *model, RAI_Error *error) {
    char *bytes = NULL;
    size_t count = 0;
    CHECK(RedisAI_ModelSerialize(model, &bytes, &count, error) == 0 && bytes && count > 0);
    char device[] = "CPU", tag[] = "copy";
    RAI_ModelOpts options = {0, 0, 0, 0, 0};
    RAI_Model *copy = RedisAI_ModelCreate(
        REDISAI_BACKEND_ONNXRUNTIME, device, tag, options, 0, NULL, 0, NULL, bytes, count, error);
    release(bytes);
    CHECK(copy);
    RAI_ModelRunCtx *contexts[] = {make_run(copy), make_run(copy)};
    CHECK(RedisAI_ModelRun(contexts, 2, error) == 0);
    CHECK(has_values(RedisAI_ModelRunCtxOutputTensor(contexts[1], 0), 4, 9));
    RedisAI_ModelRunCtxFree(contexts[0]);
    RedisAI_ModelRunCtxFree(contexts[1]);
    RedisAI_ModelFree(copy, error);

    const char *source = "def bar(tensors: List[Tensor], keys: List[str], args: List[str]):\n"
                         "    return tensors[0] + tensors[1]\n";
    RAI_Script *script = RedisAI_ScriptCreate(device, tag, source, error);
    CHECK(script);
    RedisAI_ScriptFree(RedisAI_ScriptGetShallowCopy(script), error);
    RedisAI_ScriptFree(script, error);
    return NULL;
}

outcome check_version_2(RedisModuleCtx *ctx) {
    CHECK(RedisAI_GetLLAPIVersion() == 1 && RedisAI_GetHighestLLAPIVersion() == 2);
    RAI_Model *model = model_at(ctx, "m{1}");
    RAI_Script *script = script_at(ctx, "myscript{1}");
    CHECK(model && script);
    RAI_Error *error = NULL;
    RedisAI_InitError(&error);
    outcome failure = check_types();
    if (!failure) failure = check_memory(model, error);
    if (!failure) failure = check_description(model);
    if (!failure) failure = check_deadlines(model, error);
    if (!failure) failure = check_words(script, error);
    if (!failure) failure = check_saved(model, error);
    RedisAI_FreeError(error);
    RedisAI_ModelFree(model, NULL);
    RedisAI_ScriptFree(script, NULL);
    return failure;
}
