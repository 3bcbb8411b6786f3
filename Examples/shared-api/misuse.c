/* What redisai.h says of misuse: an error or a refusal, never the end of the server. */
#include <string.h>

#include "server.h"
#include "waiting.h"

static outcome check_null(void) {
    RedisAI_ClearError(NULL);
    RedisAI_FreeError(NULL);
    RedisAI_CloneError(NULL, NULL);
    CHECK(RedisAI_InitError(NULL) == 1 && RedisAI_GetError(NULL) == NULL);
    CHECK(RedisAI_GetErrorOneLine(NULL) == NULL && RedisAI_GetErrorCode(NULL) == RedisAI_ErrorCode_OK);
    CHECK(RedisAI_TensorCreate(NULL, NULL, 0) == NULL && RedisAI_TensorCreate("FLOAT", NULL, 1) == NULL);
    CHECK(RedisAI_TensorCreateByConcatenatingTensors(NULL, 1) == NULL);
    CHECK(RedisAI_TensorCreateBySlicingTensor(NULL, 0, 1) == NULL && RedisAI_TensorLength(NULL) == 0);
    CHECK(RedisAI_TensorSetData(NULL, NULL, 0) == 0 && RedisAI_TensorData(NULL) == NULL);
    CHECK(RedisAI_TensorGetShallowCopy(NULL) == NULL && RedisAI_TensorDim(NULL, 0) == -1);
    RedisAI_TensorFree(NULL);
    RedisAI_ModelFree(NULL, NULL);
    RedisAI_ScriptFree(NULL, NULL);
    CHECK(RedisAI_ModelRunCtxCreate(NULL) == NULL && RedisAI_ScriptRunCtxCreate(NULL, "f") == NULL);
    CHECK(RedisAI_ModelRunCtxAddInput(NULL, NULL, NULL) == 0);
    CHECK(RedisAI_ModelRunCtxAddOutput(NULL, NULL) == 0);
    CHECK(RedisAI_ModelRunCtxNumOutputs(NULL) == 0 && RedisAI_ModelRunCtxOutputTensor(NULL, 0) == NULL);
    CHECK(RedisAI_ModelRunAsync(NULL, model_ran, NULL) == 1 && RedisAI_ModelRun(NULL, 1, NULL) == 1);
    CHECK(RedisAI_ScriptRunAsync(NULL, script_ran, NULL) == 1 && RedisAI_ScriptRun(NULL, NULL) == 1);
    CHECK(RedisAI_ScriptRunCtxAddTensorInput(NULL, NULL) == 0);
    CHECK(RedisAI_ScriptRunCtxAddInput(NULL, NULL, NULL) == 0);
    CHECK(RedisAI_ScriptRunCtxAddInputList(NULL, NULL, 1, NULL) == 0);
    CHECK(RedisAI_GetAsModelRunCtx(NULL, NULL) == NULL && RedisAI_GetAsScriptRunCtx(NULL, NULL) == NULL);
    CHECK(RedisAI_GetModelFromKeyspace(NULL, NULL, NULL, 1, NULL) == 1);
    CHECK(RedisAI_ModelSerialize(NULL, NULL, NULL, NULL) == 1);
    CHECK(RedisAI_DAGCreateModelRunOp(NULL) == NULL && RedisAI_DAGCreateScriptRunOp(NULL, "f") == NULL);
    CHECK(RedisAI_DAGRunOpAddInput(NULL, "a") == 1 && RedisAI_DAGAddRunOp(NULL, NULL, NULL) == 1);
    CHECK(RedisAI_DAGLoadTensor(NULL, "a", NULL) == 1 && RedisAI_DAGAddTensorGet(NULL, "a") == 1);
    CHECK(RedisAI_DAGAddOpsFromString(NULL, "|>", NULL) == 1 && RedisAI_DAGNumOps(NULL) == 0);
    CHECK(RedisAI_DAGRun(NULL, dag_ran, NULL, NULL) == 1 && RedisAI_DAGNumOutputs(NULL) == 0);
    CHECK(RedisAI_DAGOutputTensor(NULL, 0) == NULL && RedisAI_DAGGetError(NULL) == NULL);
    RedisAI_DAGRunOpFree(NULL);
    RedisAI_DAGFree(NULL);
    CHECK(RedisAI_RunCancel(NULL) == 1);
    RedisAI_RunFree(NULL);
    return NULL;
}

/* Objects of other kinds, and some that have been freed. */
static outcome check_kinds(RAI_Model *model, RAI_Error *error) {
    RAI_Tensor *tensor = make_input();
    CHECK(RedisAI_TensorLength((RAI_Tensor *)model) == 0 && RedisAI_TensorLength((RAI_Tensor *)error) == 0);
    CHECK(RedisAI_ModelRunCtxCreate((RAI_Model *)tensor) == NULL);
    CHECK(RedisAI_ModelRunCtxNumOutputs((RAI_ModelRunCtx *)tensor) == 0);
    RedisAI_ModelFree((RAI_Model *)tensor, error);
    CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_EMODELFREE && RedisAI_TensorLength(tensor) == 4);
    RedisAI_ClearError(error);

    RAI_ModelRunCtx *context = RedisAI_ModelRunCtxCreate(model);
    CHECK(RedisAI_ModelRunCtxAddInput(context, "a", (RAI_Tensor *)model) == 0);
    CHECK(RedisAI_ScriptRunCtxAddOutput((RAI_ScriptRunCtx *)context) == 0);
    CHECK(RedisAI_ModelRunAsync(context, NULL, NULL) == 1 && RedisAI_ModelRun(&context, 0, error) == 1);
    CHECK(strcmp(RedisAI_GetError(error), "ERR Nothing to run") == 0);
    RedisAI_ClearError(error);
    RedisAI_ModelRunCtxFree(context);
    RedisAI_ModelRunCtxFree(context);
    CHECK(RedisAI_ModelRunCtxAddOutput(context, "y") == 0);
    CHECK(RedisAI_ModelRunAsync(context, model_ran, NULL) == 1);

    RAI_Error *other = NULL;
    RedisAI_InitError(&other);
    CHECK(RedisAI_ModelRun(NULL, 0, other) == 1);
    CHECK(RedisAI_GetErrorCode(other) == RedisAI_ErrorCode_EMODELRUN);
    RedisAI_CloneError(error, other);
    CHECK(strcmp(RedisAI_GetError(error), RedisAI_GetError(other)) == 0);
    RedisAI_ClearError(error);
    RedisAI_FreeError(other);
    RedisAI_FreeError(other);
    CHECK(RedisAI_GetError(other) == NULL);
    RedisAI_TensorFree(tensor);
    return NULL;
}

/* What is written where a tensor's elements lie, and is not what its type asks for. */
static outcome check_written(RAI_Script *script, RAI_Error *error) {
    const char *types[] = {"STRING", "BOOL"};
    for (int index = 0; index < 2; index++) {
        long long shape[] = {2, 2};
        RAI_Tensor *tensor = RedisAI_TensorCreate(types[index], shape, 2);
        /* More ends of strings than strings, none at the end, and no BOOL. */
        memcpy(RedisAI_TensorData(tensor), "\2\0\0\3", 4);
        CHECK(RedisAI_TensorCreateBySlicingTensor(tensor, 0, 1) == NULL);
        CHECK(RedisAI_TensorCreateByConcatenatingTensors(&tensor, 1) == NULL);
        RAI_ScriptRunCtx *context = RedisAI_ScriptRunCtxCreate(script, "bar");
        CHECK(RedisAI_ScriptRunCtxAddTensorInput(context, tensor) == 1);
        CHECK(RedisAI_ScriptRun(context, error) == 1 && RedisAI_GetError(error));
        RedisAI_ClearError(error);
        RedisAI_ScriptRunCtxFree(context);
        RedisAI_TensorFree(tensor);
    }
    return NULL;
}

static outcome check_options(RAI_Model *model, RAI_Error *error) {
    char *bytes = NULL, device[] = "CPU", wrong[] = "nowhere";
    size_t count = 0;
    CHECK(RedisAI_ModelSerialize(model, &bytes, &count, error) == 0);
    const RAI_ModelOpts refused[] = {{0, 2, 0, 0, 0}, {4, 0, 5, 0, 0}, {4, 8, 0, 0, 0}};
    for (size_t index = 0; index < sizeof refused / sizeof *refused; index++) {
        CHECK(!RedisAI_ModelCreate(
            REDISAI_BACKEND_ONNXRUNTIME, device, NULL, refused[index], 0, NULL, 0, NULL, bytes, count,
            error));
        CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_EMODELCREATE);
        RedisAI_ClearError(error);
    }
    const RAI_ModelOpts fine = {0, 0, 0, 0, 0};
    CHECK(!RedisAI_ModelCreate(4, device, NULL, fine, 0, NULL, 0, NULL, bytes, count, error));
    CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_EUNSUPPORTEDBACKEND);
    RedisAI_ClearError(error);
    CHECK(!RedisAI_ModelCreate(
        REDISAI_BACKEND_ONNXRUNTIME, wrong, NULL, fine, 0, NULL, 0, NULL, bytes, count, NULL));
    release(bytes);
    return NULL;
}

/* Within a callback: contexts of the wrong kind, twice, and a run that it would wait for. */
typedef struct callback_checks {
    waiting w;
    RAI_Model *model;
    outcome failure;
} callback_checks;

static outcome check_within(callback_checks *c, RAI_OnFinishCtx *finish) {
    CHECK(RedisAI_GetAsScriptRunCtx(finish, c->w.error) == NULL);
    CHECK(RedisAI_GetErrorCode(c->w.error) == RedisAI_ErrorCode_EFINISHCTX);
    CHECK(strcmp(RedisAI_GetError(c->w.error), "Finish ctx is not a script run ctx") == 0);
    RedisAI_ClearError(c->w.error);
    CHECK(RedisAI_DAGNumOutputs(finish) == 0 && RedisAI_DAGRunError(finish) == 0);
    RAI_ModelRunCtx *context = RedisAI_GetAsModelRunCtx(finish, c->w.error);
    CHECK(context && RedisAI_GetAsModelRunCtx(finish, NULL) == NULL);
    RedisAI_ClearError(c->w.error);
    CHECK(RedisAI_ModelRun(&context, 1, c->w.error) == 1);
    RedisAI_ModelRunCtxFree(context);
    return NULL;
}

static void on_end(RAI_OnFinishCtx *finish, void *data) {
    callback_checks *c = (callback_checks *)data;
    c->failure = check_within(c, finish);
    tell(&c->w, NULL, finish);
}

/* What is not fetched in the callback is freed behind it. */
static void not_fetched(RAI_OnFinishCtx *finish, void *data) { tell((waiting *)data, NULL, finish); }

static outcome check_callbacks(RAI_Model *model) {
    callback_checks c = {.model = model};
    begin(&c.w);
    CHECK(RedisAI_ModelRunAsync(RedisAI_ModelRunCtxCreate(model), on_end, &c) == 0);
    wait_for(&c.w);
    end(&c.w);
    if (c.failure) return c.failure;
    begin(&c.w);
    CHECK(RedisAI_ModelRunAsync(RedisAI_ModelRunCtxCreate(model), not_fetched, &c.w) == 0);
    wait_for(&c.w);
    end(&c.w);

    RAI_DAGRunCtx *dag = RedisAI_DAGRunCtxCreate();
    RAI_DAGRunOp *op = RedisAI_DAGCreateModelRunOp(model);
    RedisAI_DAGRunOpAddInput(op, "a");
    CHECK(RedisAI_DAGRunOpAddKey(op, "k", 1) == 1);
    RedisAI_DAGRunOpFree(op);
    RedisAI_DAGRunOpFree(op);
    CHECK(RedisAI_DAGAddRunOp(dag, op, NULL) == 1);
    CHECK(RedisAI_DAGAddTensorGet(dag, NULL) == 1 && RedisAI_DAGAddTensorGet(dag, "none") == 0);
    CHECK(RedisAI_DAGRun(dag, dag_ran, NULL, NULL) == 1);
    RedisAI_DAGFree(dag);
    RedisAI_DAGFree(dag);
    CHECK(RedisAI_DAGNumOps(dag) == 0);
    return NULL;
}

static outcome check_keys(RedisModuleCtx *ctx, RAI_Error *error) {
    RAI_Model *model = NULL;
    RAI_Script *script = NULL;
    RedisModuleString *none = make_string(ctx, "none", 4), *text = make_string(ctx, "text", 4);
    CHECK(RedisAI_GetModelFromKeyspace(ctx, none, &model, 1, error) == 1);
    CHECK(strcmp(RedisAI_GetError(error), "ERR model key is empty") == 0);
    RedisAI_ClearError(error);
    CHECK(RedisAI_GetModelFromKeyspace(ctx, text, &model, 1, error) == 1);
    CHECK(strncmp(RedisAI_GetError(error), "WRONGTYPE", 9) == 0);
    RedisAI_ClearError(error);
    CHECK(RedisAI_GetScriptFromKeyspace(ctx, none, &script, 1, error) == 1 && !script && !model);
    CHECK(strcmp(RedisAI_GetError(error), "ERR script key is empty") == 0);
    RedisAI_ClearError(error);
    free_string(ctx, none);
    free_string(ctx, text);
    return NULL;
}

outcome check_misuse(RedisModuleCtx *ctx) {
    RAI_Model *model = model_at(ctx, "m{1}");
    CHECK(model);
    RAI_Error *error = NULL;
    RedisAI_InitError(&error);
    outcome failure = check_null();
    if (!failure) failure = check_kinds(model, error);
    if (!failure) failure = check_callbacks(model);
    if (!failure) failure = check_options(model, error);
    RAI_Script *script = script_at(ctx, "myscript{1}");
    if (!failure) failure = check_written(script, error);
    RedisAI_ScriptFree(script, NULL);
    lock_server(ctx);
    if (!failure) failure = check_keys(ctx, error);
    unlock_server(ctx);
    RedisAI_FreeError(error);
    RedisAI_ModelFree(model, NULL);
    return failure;
}
