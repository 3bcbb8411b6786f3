/* Waits for a callback, as a command does that holds the server's lock meanwhile. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "redisai.h"

typedef struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool is_over;
    /* What the callback found: the context of a model or a script, the error, the pointer it was given. */
    void *context;
    RAI_Error *error;
    RAI_OnFinishCtx *finish;
} waiting;

static inline void begin(waiting *w) {
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->over, NULL);
    w->is_over = false;
    w->context = NULL;
    w->finish = NULL;
    RedisAI_InitError(&w->error);
}

static inline void end(waiting *w) {
    RedisAI_FreeError(w->error);
    pthread_cond_destroy(&w->over);
    pthread_mutex_destroy(&w->lock);
}

static inline void tell(waiting *w, void *context, RAI_OnFinishCtx *finish) {
    pthread_mutex_lock(&w->lock);
    w->context = context;
    w->finish = finish;
    w->is_over = true;
    pthread_cond_signal(&w->over);
    pthread_mutex_unlock(&w->lock);
}

static inline void wait_for(waiting *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->is_over) pthread_cond_wait(&w->over, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static inline void model_ran(RAI_OnFinishCtx *finish, void *data) {
    waiting *w = (waiting *)data;
    tell(w, RedisAI_GetAsModelRunCtx(finish, w->error), finish);
}

static inline void script_ran(RAI_OnFinishCtx *finish, void *data) {
    waiting *w = (waiting *)data;
    tell(w, RedisAI_GetAsScriptRunCtx(finish, w->error), finish);
}

static inline void dag_ran(RAI_OnFinishCtx *finish, void *data) { tell((waiting *)data, NULL, finish); }
