/* Many threads at once, none of which has the server's lock. */
#include <stdlib.h>

#include "server.h"
#include "waiting.h"

typedef struct worker {
    pthread_t thread;
    RAI_Model *model;
    RAI_Script *script;
    int rounds;
    outcome failure;
} worker;

static outcome run_model(RAI_Model *model, int waits) {
    RAI_ModelRunCtx *context = RedisAI_ModelRunCtxCreate(model);
    RAI_Tensor *input = make_input();
    RedisAI_ModelRunCtxAddInput(context, NULL, input);
    RedisAI_ModelRunCtxAddInput(context, NULL, input);
    RedisAI_ModelRunCtxAddOutput(context, NULL);
    RedisAI_TensorFree(input);
    if (waits) {
        CHECK(RedisAI_ModelRun(&context, 1, NULL) == 0);
    } else {
        waiting w;
        begin(&w);
        CHECK(RedisAI_ModelRunAsync(context, model_ran, &w) == 0);
        wait_for(&w);
        CHECK(RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_OK);
        end(&w);
    }
    CHECK(has_values(RedisAI_ModelRunCtxOutputTensor(context, 0), 4, 9));
    RedisAI_ModelRunCtxFree(context);
    return NULL;
}

static outcome run_script(RAI_Script *script) {
    RAI_ScriptRunCtx *context = RedisAI_ScriptRunCtxCreate(script, "bar");
    RAI_Tensor *input = make_input();
    RedisAI_ScriptRunCtxAddTensorInput(context, input);
    RedisAI_ScriptRunCtxAddTensorInput(context, input);
    RedisAI_ScriptRunCtxAddOutput(context);
    RedisAI_TensorFree(input);
    CHECK(RedisAI_ScriptRun(context, NULL) == 0);
    CHECK(has_values(RedisAI_ScriptRunCtxOutputTensor(context, 0), 4, 6));
    RedisAI_ScriptRunCtxFree(context);
    return NULL;
}

/* The product of the model, added to itself by the script. */
static outcome run_dag(RAI_Model *model, RAI_Script *script) {
    RAI_DAGRunCtx *dag = RedisAI_DAGRunCtxCreate();
    RAI_Tensor *input = make_input();
    RedisAI_DAGLoadTensor(dag, "a", input);
    RedisAI_TensorFree(input);
    RAI_DAGRunOp *product = RedisAI_DAGCreateModelRunOp(model);
    RedisAI_DAGRunOpAddInput(product, "a");
    RedisAI_DAGRunOpAddInput(product, "a");
    RedisAI_DAGRunOpAddOutput(product, "y");
    RAI_DAGRunOp *sum = RedisAI_DAGCreateScriptRunOp(script, "bar");
    RedisAI_DAGRunOpAddInput(sum, "y");
    RedisAI_DAGRunOpAddInput(sum, "y");
    RedisAI_DAGRunOpAddOutput(sum, "z");
    CHECK(RedisAI_DAGAddRunOp(dag, product, NULL) == 0 && RedisAI_DAGAddRunOp(dag, sum, NULL) == 0);
    RedisAI_DAGAddTensorGet(dag, "z");
    waiting w;
    begin(&w);
    CHECK(RedisAI_DAGRun(dag, dag_ran, &w, NULL) == 0);
    wait_for(&w);
    CHECK(has_values(RedisAI_DAGOutputTensor(w.finish, 0), 8, 18));
    end(&w);
    RedisAI_DAGFree(dag);
    return NULL;
}

static void *work(void *data) {
    worker *self = (worker *)data;
    for (int round = 0; round < self->rounds && !self->failure; round++) {
        self->failure = run_model(self->model, 0);
        if (!self->failure) self->failure = run_model(self->model, 1);
        if (!self->failure) self->failure = run_script(self->script);
        if (!self->failure) self->failure = run_dag(self->model, self->script);
    }
    return NULL;
}

/* The calling thread waits for all, with the server's lock. */
outcome check_threads(RedisModuleCtx *ctx, int count, int rounds) {
    CHECK(count > 0 && rounds > 0);
    RAI_Model *model = model_at(ctx, "m{1}");
    RAI_Script *script = script_at(ctx, "myscript{1}");
    CHECK(model && script);
    worker *workers = calloc((size_t)count, sizeof *workers);
    for (int index = 0; index < count; index++) {
        workers[index] = (worker){.model = model, .script = script, .rounds = rounds};
        if (pthread_create(&workers[index].thread, NULL, work, &workers[index]) != 0) abort();
    }
    outcome failure = NULL;
    for (int index = 0; index < count; index++) {
        pthread_join(workers[index].thread, NULL);
        if (!failure) failure = workers[index].failure;
    }
    free(workers);
    RedisAI_ModelFree(model, NULL);
    RedisAI_ScriptFree(script, NULL);
    return failure;
}
