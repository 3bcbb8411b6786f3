/* A large tensor over memory of this module's own, into a model and out of it. */
#include <stdlib.h>
#include <string.h>

#include "server.h"
#include "waiting.h"

/* What is held from one command to the next. */
static char *block_start;
static RAI_ModelRunCtx *held;
static int releases;

static void give_back(void *data, void *private_data) {
    (void)data, (void)private_data;
    __atomic_fetch_add(&releases, 1, __ATOMIC_RELEASE);
}

outcome hold_run(RedisModuleCtx *ctx, const char *key, long long bytes, long long offset) {
    CHECK(bytes > 0 && bytes % 4 == 0 && offset >= 0 && !held);
    RAI_Model *model = model_at(ctx, key);
    CHECK(model);
    size_t room = ((size_t)(bytes + offset) + 63) / 64 * 64;
    block_start = aligned_alloc(64, room);
    float *values = (float *)(void *)(block_start + offset);
    for (long long index = 0; index < bytes / 4; index++) values[index] = (float)index;
    long long shape[] = {bytes / 4};
    RAI_Tensor *input = RedisAI_TensorCreateFromMemory(
        REDISAI_TYPE_FLOAT, shape, 1, values, (size_t)bytes, give_back, NULL, NULL);
    CHECK(input && RedisAI_TensorData(input) == (char *)values);
    held = RedisAI_ModelRunCtxCreate(model);
    RedisAI_ModelRunCtxAddInput(held, NULL, input);
    RedisAI_ModelRunCtxAddOutput(held, NULL);
    RedisAI_TensorFree(input);
    RedisAI_ModelFree(model, NULL);
    CHECK(RedisAI_ModelRun(&held, 1, NULL) == 0);
    RAI_Tensor *output = RedisAI_ModelRunCtxOutputTensor(held, 0);
    CHECK(RedisAI_TensorByteSize(output) == (size_t)bytes);
    CHECK(memcmp(RedisAI_TensorData(output), values, (size_t)bytes) == 0);
    return NULL;
}

outcome drop_run(void) {
    CHECK(held);
    int before = __atomic_load_n(&releases, __ATOMIC_ACQUIRE);
    RedisAI_ModelRunCtxFree(held);
    held = NULL;
    CHECK(__atomic_load_n(&releases, __ATOMIC_ACQUIRE) == before + 1);
    free(block_start);
    return NULL;
}
