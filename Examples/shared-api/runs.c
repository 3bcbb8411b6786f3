/* Runs of a model and of a script, waited for and not. */
#include <string.h>

#include "server.h"
#include "waiting.h"

outcome check_runs(RedisModuleCtx *ctx, const char *key) {
    RAI_Model *model = model_at(ctx, key);
    CHECK(model);
    waiting w;
    begin(&w);
    /* Without inputs and outputs: the callback tells. */
    CHECK(RedisAI_ModelRunAsync(RedisAI_ModelRunCtxCreate(model), model_ran, &w) == 0);
    wait_for(&w);
    RAI_ModelRunCtx *context = (RAI_ModelRunCtx *)w.context;
    CHECK(context && RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_EMODELRUN);
    CHECK(RedisAI_GetError(w.error) && RedisAI_GetErrorOneLine(w.error));
    RedisAI_ModelRunCtxFree(context);
    end(&w);

    begin(&w);
    context = RedisAI_ModelRunCtxCreate(model);
    RAI_Tensor *input = make_input();
    CHECK(RedisAI_ModelRunCtxAddInput(context, "a", input) == 1);
    CHECK(RedisAI_ModelRunCtxAddInput(context, "b", input) == 1);
    CHECK(RedisAI_ModelRunCtxAddOutput(context, "mul") == 1 && RedisAI_ModelRunCtxNumOutputs(context) == 1);
    CHECK(RedisAI_ModelRunCtxOutputTensor(context, 0) == NULL);
    /* The context keeps it. */
    RedisAI_TensorFree(input);
    CHECK(RedisAI_ModelRunAsync(context, model_ran, &w) == 0);
    wait_for(&w);
    CHECK(w.context == context && RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_OK);
    CHECK(RedisAI_ModelRunCtxNumOutputs(context) == 1);
    CHECK(has_values(RedisAI_ModelRunCtxOutputTensor(context, 0), 4, 9));
    CHECK(RedisAI_ModelRunCtxOutputTensor(context, 1) == NULL);
    RedisAI_ModelRunCtxFree(context);
    end(&w);
    RedisAI_ModelFree(model, NULL);
    return NULL;
}

static RAI_ScriptRunCtx *make_call(RAI_Script *script, const char *function) {
    RAI_ScriptRunCtx *context = RedisAI_ScriptRunCtxCreate(script, function);
    RAI_Tensor *inputs[] = {make_input(), make_input()};
    RedisAI_ScriptRunCtxAddTensorInputList(context, inputs, 2);
    RedisAI_ScriptRunCtxAddOutput(context);
    RedisAI_TensorFree(inputs[0]);
    RedisAI_TensorFree(inputs[1]);
    return context;
}

outcome check_scripts(RedisModuleCtx *ctx) {
    RAI_Script *script = script_at(ctx, "myscript{1}");
    CHECK(script);
    waiting w;
    begin(&w);
    CHECK(RedisAI_ScriptRunAsync(make_call(script, "bad_func"), script_ran, &w) == 0);
    wait_for(&w);
    CHECK(w.context && RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_ESCRIPTRUN);
    RedisAI_ScriptRunCtxFree((RAI_ScriptRunCtx *)w.context);
    end(&w);

    begin(&w);
    RAI_ScriptRunCtx *context = make_call(script, "bar");
    CHECK(RedisAI_ScriptRunAsync(context, script_ran, &w) == 0);
    wait_for(&w);
    CHECK(w.context == context && RedisAI_GetErrorCode(w.error) == RedisAI_ErrorCode_OK);
    CHECK(RedisAI_ScriptRunCtxNumOutputs(context) == 1);
    CHECK(has_values(RedisAI_ScriptRunCtxOutputTensor(context, 0), 4, 6));
    RedisAI_ScriptRunCtxFree(context);
    end(&w);
    RedisAI_ScriptFree(script, NULL);
    return NULL;
}
