/* What these examples call of the server itself; a module of your own has it from redismodule.h. */
#pragma once

#include <stddef.h>

#include "redisai.h"

typedef struct RedisModuleBlockedClient RedisModuleBlockedClient;
typedef int (*command_function)(RedisModuleCtx *ctx, RedisModuleString **words, int count);

extern int (*reply_text)(RedisModuleCtx *ctx, const char *text);
extern int (*reply_error)(RedisModuleCtx *ctx, const char *text);
extern int (*reply_number)(RedisModuleCtx *ctx, long long number);
extern RedisModuleString *(*make_string)(RedisModuleCtx *ctx, const char *bytes, size_t length);
extern void (*free_string)(RedisModuleCtx *ctx, RedisModuleString *string);
extern int (*read_number)(const RedisModuleString *string, long long *number);
extern void *(*allocate)(size_t count);
extern void (*release)(void *block);

extern RedisModuleBlockedClient *(*block)(
    RedisModuleCtx *ctx, command_function reply, command_function timeout,
    void (*release)(RedisModuleCtx *, void *), long long milliseconds);
extern int (*unblock)(RedisModuleBlockedClient *client, void *result);
extern void *(*get_result)(RedisModuleCtx *ctx);
extern RedisModuleCtx *(*make_context)(RedisModuleBlockedClient *client);
extern void (*free_context)(RedisModuleCtx *ctx);

/* The server's lock, with the context of a command or of a thread; the thread of commands has it anyway. */
void lock_server(RedisModuleCtx *ctx);
void unlock_server(RedisModuleCtx *ctx);

/* Why a check failed; NULL if none did. Each command of these examples answers with it. */
typedef const char *outcome;

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define CHECK(condition) \
    if (!(condition)) return __FILE__ ":" TEXT(__LINE__) ": " #condition

static inline int answer(RedisModuleCtx *ctx, outcome failure, const char *success) {
    return failure ? reply_error(ctx, failure) : reply_text(ctx, success);
}

/* Model and script at a key; the caller frees them. */
RAI_Model *model_at(RedisModuleCtx *ctx, const char *key);
RAI_Script *script_at(RedisModuleCtx *ctx, const char *key);
/* A FLOAT tensor of 2 x 2: 2 3 2 3. */
RAI_Tensor *make_input(void);
/* Whether a tensor is a FLOAT one of 2 x 2 with these elements, row after row. */
int has_values(const RAI_Tensor *tensor, double first, double second);

outcome check_runs(RedisModuleCtx *ctx, const char *key);
outcome check_scripts(RedisModuleCtx *ctx);
outcome check_dags(RedisModuleCtx *ctx);
outcome check_devices(RedisModuleCtx *ctx);
outcome check_created(void);
outcome check_joined(void);
outcome check_sliced(void);
outcome check_version_2(RedisModuleCtx *ctx);
outcome check_misuse(RedisModuleCtx *ctx);
/* All of these in `count` threads, while the server goes on; answers the client then. */
int check_in_background(RedisModuleCtx *ctx, int count);
/* `runs` runs of a model with one input, of which `in_flight` are under way, in microseconds. */
outcome measure(RedisModuleCtx *ctx, const char *key, int in_flight, int runs, long long *duration);
/* Keeps a run over so many bytes of this module's own, which begin at an offset; the second ends that. */
outcome hold_run(RedisModuleCtx *ctx, const char *key, long long bytes, long long offset);
outcome drop_run(void);
/* `count` threads that each do all kinds of runs `rounds` times. */
outcome check_threads(RedisModuleCtx *ctx, int count, int rounds);
