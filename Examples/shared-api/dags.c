/* DAGs: built, refused, run. */
#include <string.h>

#include "server.h"
#include "waiting.h"

/* An error whose text begins so; it is cleared. */
static int is_error(RAI_Error *error, const char *text) {
    const char *found = RedisAI_GetError(error);
    int fits = found && strncmp(found, text, strlen(text)) == 0;
    RedisAI_ClearError(error);
    return fits;
}

static RAI_DAGRunCtx *make_dag(void) {
    RAI_DAGRunCtx *dag = RedisAI_DAGRunCtxCreate();
    RAI_Tensor *input = make_input();
    RedisAI_DAGLoadTensor(dag, "a", input);
    RedisAI_DAGLoadTensor(dag, "b", input);
    RedisAI_TensorFree(input);
    return dag;
}

static outcome check_building(RAI_Model *model, RAI_Error *error) {
    RAI_DAGRunCtx *dag = make_dag();
    RAI_Tensor *again = make_input();
    CHECK(RedisAI_DAGLoadTensor(dag, "a", again) == 1);
    RedisAI_TensorFree(again);
    waiting w;
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 1 && is_error(error, "ERR DAG is empty"));

    RAI_DAGRunOp *op = RedisAI_DAGCreateModelRunOp(model);
    CHECK(RedisAI_DAGRunOpAddInput(op, "a") == 0 && RedisAI_DAGAddRunOp(dag, op, error) == 1);
    CHECK(is_error(error, "Number of keys given as INPUTS does not match model definition"));
    CHECK(RedisAI_DAGRunOpAddInput(op, "missing") == 0 && RedisAI_DAGAddRunOp(dag, op, error) == 1);
    CHECK(is_error(error, "Number of keys given as OUTPUTS does not match model definition"));
    CHECK(RedisAI_DAGRunOpAddOutput(op, "y") == 0 && RedisAI_DAGAddRunOp(dag, op, error) == 0);
    CHECK(RedisAI_DAGNumOps(dag) == 1);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 1);
    CHECK(is_error(error, "ERR INPUT key cannot be found in DAG"));
    RedisAI_DAGFree(dag);
    return NULL;
}

static outcome run_model(RAI_Model *model, RAI_Error *error) {
    RAI_DAGRunCtx *dag = make_dag();
    RAI_DAGRunOp *op = RedisAI_DAGCreateModelRunOp(model);
    RedisAI_DAGRunOpAddInput(op, "a");
    RedisAI_DAGRunOpAddInput(op, "b");
    RedisAI_DAGRunOpAddOutput(op, "y");
    CHECK(RedisAI_DAGAddRunOp(dag, op, error) == 0 && RedisAI_DAGAddTensorGet(dag, "y") == 0);
    waiting w;
    begin(&w);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 0);
    wait_for(&w);
    CHECK(RedisAI_DAGRunError(w.finish) == 0 && RedisAI_DAGNumOutputs(w.finish) == 1);
    CHECK(RedisAI_GetErrorCode((RAI_Error *)RedisAI_DAGGetError(w.finish)) == RedisAI_ErrorCode_OK);
    const RAI_Tensor *y = RedisAI_DAGOutputTensor(w.finish, 0);
    CHECK(y && has_values(y, 4, 9) && RedisAI_DAGOutputTensor(w.finish, 1) == NULL);
    end(&w);
    RedisAI_DAGFree(dag);
    return NULL;
}

static outcome run_script(RAI_Script *script, const char *function, int fails, RAI_Error *error) {
    RAI_DAGRunCtx *dag = RedisAI_DAGRunCtxCreate();
    RAI_Tensor *input = make_input();
    CHECK(RedisAI_DAGAddTensorSet(dag, "a", input) == 0);
    RedisAI_TensorFree(input);
    RAI_DAGRunOp *op = RedisAI_DAGCreateScriptRunOp(script, function);
    RedisAI_DAGRunOpAddInput(op, "a");
    RedisAI_DAGRunOpAddInput(op, "a");
    RedisAI_DAGRunOpAddOutput(op, "y");
    CHECK(RedisAI_DAGAddRunOp(dag, op, error) == 0 && RedisAI_DAGAddTensorGet(dag, "y") == 0);
    waiting w;
    begin(&w);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 0);
    wait_for(&w);
    if (fails) {
        CHECK(RedisAI_DAGRunError(w.finish) != 0 && RedisAI_DAGOutputTensor(w.finish, 0) == NULL);
        const char *text = RedisAI_GetError((RAI_Error *)RedisAI_DAGGetError(w.finish));
        CHECK(text && strncmp(text, "Function does not exist:", 24) == 0);
    } else {
        CHECK(RedisAI_DAGRunError(w.finish) == 0);
        CHECK(has_values(RedisAI_DAGOutputTensor(w.finish, 0), 4, 6));
    }
    end(&w);
    RedisAI_DAGFree(dag);
    return NULL;
}

static outcome add_text(RAI_DAGRunCtx *dag, RAI_Error *error) {
    CHECK(RedisAI_DAGAddOpsFromString(dag, "AI.TENSORGET y |>", error) == 1);
    CHECK(is_error(error, "DAG op should start with: '|>' "));
    CHECK(RedisAI_DAGAddOpsFromString(dag, "|> AI.TENSORGET a |> AI.NOTHING x", error) == 1);
    CHECK(is_error(error, "Unsupported command within DAG") && RedisAI_DAGNumOps(dag) == 0);
    const char *text = "|> AI.MODELEXECUTE m{1} INPUTS 2 a b OUTPUTS 1 y |> AI.TENSORGET y";
    CHECK(RedisAI_DAGAddOpsFromString(dag, text, error) == 0 && RedisAI_DAGNumOps(dag) == 2);
    return NULL;
}

static outcome run_text(RedisModuleCtx *ctx, RAI_Error *error) {
    RAI_DAGRunCtx *dag = make_dag();
    lock_server(ctx);
    outcome failure = add_text(dag, error);
    unlock_server(ctx);
    if (failure) return failure;
    waiting w;
    begin(&w);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 0);
    wait_for(&w);
    CHECK(has_values(RedisAI_DAGOutputTensor(w.finish, 0), 4, 9));
    end(&w);
    RedisAI_DAGFree(dag);
    return NULL;
}

static outcome add_model(RAI_DAGRunCtx *dag, RAI_Model *model, const char *output, RAI_Error *error) {
    RAI_DAGRunOp *op = RedisAI_DAGCreateModelRunOp(model);
    RedisAI_DAGRunOpAddInput(op, "a");
    RedisAI_DAGRunOpAddInput(op, "b");
    RedisAI_DAGRunOpAddOutput(op, output);
    CHECK(RedisAI_DAGAddRunOp(dag, op, error) == 0);
    return NULL;
}

/* An ensemble: models on two devices, whose outputs a script puts together. */
outcome check_devices(RedisModuleCtx *ctx) {
    RAI_Model *one = model_at(ctx, "m{1}"), *other = model_at(ctx, "other{1}");
    RAI_Script *script = script_at(ctx, "myscript{1}");
    CHECK(one && other && script);
    RAI_Error *error = NULL;
    RedisAI_InitError(&error);
    RAI_DAGRunCtx *dag = make_dag();
    outcome failure = add_model(dag, one, "one", error);
    if (!failure) failure = add_model(dag, other, "other", error);
    CHECK(!failure);
    RAI_DAGRunOp *op = RedisAI_DAGCreateScriptRunOp(script, "bar");
    RedisAI_DAGRunOpAddInput(op, "one");
    RedisAI_DAGRunOpAddInput(op, "other");
    RedisAI_DAGRunOpAddOutput(op, "both");
    CHECK(RedisAI_DAGAddRunOp(dag, op, error) == 0 && RedisAI_DAGAddTensorGet(dag, "both") == 0);
    waiting w;
    begin(&w);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, error) == 0);
    wait_for(&w);
    CHECK(has_values(RedisAI_DAGOutputTensor(w.finish, 0), 8, 18));
    end(&w);
    RedisAI_DAGFree(dag);
    RedisAI_FreeError(error);
    RedisAI_ModelFree(one, NULL);
    RedisAI_ModelFree(other, NULL);
    RedisAI_ScriptFree(script, NULL);
    return NULL;
}

/* Runs the model twice and the script twice, one of these in vain. */
outcome check_dags(RedisModuleCtx *ctx) {
    RAI_Model *model = model_at(ctx, "m{1}");
    RAI_Script *script = script_at(ctx, "myscript{1}");
    CHECK(model && script);
    RAI_Error *error = NULL;
    RedisAI_InitError(&error);
    outcome failure = check_building(model, error);
    if (!failure) failure = run_model(model, error);
    if (!failure) failure = run_script(script, "bar", 0, error);
    if (!failure) failure = run_script(script, "no_func", 1, error);
    if (!failure) failure = run_text(ctx, error);
    RedisAI_FreeError(error);
    RedisAI_ModelFree(model, NULL);
    RedisAI_ScriptFree(script, NULL);
    return failure;
}
