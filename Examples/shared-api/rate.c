/* How fast runs are that are started without waiting: so many are under way at any time. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "server.h"
#include "waiting.h"

enum { MOST_DIMENSIONS = 8 };

typedef struct stream {
    waiting w;
    RAI_Model *model;
    RAI_Tensor *input;
    int outputs;
    /* Runs that have not been started, that have not ended, and that failed. */
    int to_start, to_end, failures;
    pthread_mutex_t counts;
} stream;

static void start_next(stream *s);

static void on_ran(RAI_OnFinishCtx *finish, void *data) {
    stream *s = (stream *)data;
    RAI_Error *error = NULL;
    RedisAI_InitError(&error);
    RAI_ModelRunCtx *context = RedisAI_GetAsModelRunCtx(finish, error);
    int failed = !context || RedisAI_GetErrorCode(error) != RedisAI_ErrorCode_OK;
    RedisAI_ModelRunCtxFree(context);
    RedisAI_FreeError(error);
    start_next(s);
    pthread_mutex_lock(&s->counts);
    s->failures += failed;
    int is_last = --s->to_end == 0;
    pthread_mutex_unlock(&s->counts);
    if (is_last) tell(&s->w, NULL, NULL);
}

static void start_next(stream *s) {
    pthread_mutex_lock(&s->counts);
    int has_more = s->to_start > 0;
    s->to_start -= has_more;
    pthread_mutex_unlock(&s->counts);
    if (!has_more) return;
    RAI_ModelRunCtx *context = RedisAI_ModelRunCtxCreate(s->model);
    RedisAI_ModelRunCtxAddInput(context, NULL, s->input);
    for (int index = 0; index < s->outputs; index++) RedisAI_ModelRunCtxAddOutput(context, NULL);
    if (RedisAI_ModelRunAsync(context, on_ran, s) == 0) return;
    RedisAI_ModelRunCtxFree(context);
    pthread_mutex_lock(&s->counts);
    s->failures++;
    int is_last = --s->to_end == 0;
    pthread_mutex_unlock(&s->counts);
    if (is_last) tell(&s->w, NULL, NULL);
}

typedef struct starter {
    stream *s;
    int count;
} starter;

static void *start_first(void *data) {
    starter *first = (starter *)data;
    for (int index = 0; index < first->count; index++) start_next(first->s);
    return NULL;
}

static long long microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* A tensor as the model's input wants it; what only a run tells is 1. */
static RAI_Tensor *make_fitting(RAI_Model *model) {
    long long shape[MOST_DIMENSIONS];
    int rank = RedisAI_ModelInputShape(model, 0, shape, MOST_DIMENSIONS);
    if (rank < 0 || rank > MOST_DIMENSIONS) return NULL;
    for (int axis = 0; axis < rank; axis++) {
        if (shape[axis] < 0) shape[axis] = 1;
    }
    return RedisAI_TensorCreateOfType(RedisAI_ModelInputType(model, 0), shape, rank, NULL);
}

outcome measure(RedisModuleCtx *ctx, const char *key, int in_flight, int runs, long long *duration) {
    CHECK(in_flight > 0 && runs >= in_flight);
    stream s = {.model = model_at(ctx, key), .to_start = runs, .to_end = runs};
    CHECK(s.model && RedisAI_ModelNumInputs(s.model) == 1);
    s.input = make_fitting(s.model);
    s.outputs = RedisAI_ModelNumOutputs(s.model);
    CHECK(s.input);
    begin(&s.w);
    pthread_mutex_init(&s.counts, NULL);
    starter first = {.s = &s, .count = in_flight};
    long long began = microseconds();
    pthread_t thread;
    if (pthread_create(&thread, NULL, start_first, &first) != 0) abort();
    wait_for(&s.w);
    *duration = microseconds() - began;
    pthread_join(thread, NULL);
    end(&s.w);
    pthread_mutex_destroy(&s.counts);
    RedisAI_TensorFree(s.input);
    RedisAI_ModelFree(s.model, NULL);
    CHECK(s.failures == 0);
    return NULL;
}
