/*
 * A module that runs models through redisai without a command, and checks each function on the way.
 *
 * Built with the public header alone: cc -shared -fPIC -I build/include -o example.so *.c. Its commands tell
 * what did not work. Loaded before redisai, it fetches the functions at the first command.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

int (*reply_text)(RedisModuleCtx *, const char *);
int (*reply_error)(RedisModuleCtx *, const char *);
int (*reply_number)(RedisModuleCtx *, long long);
RedisModuleString *(*make_string)(RedisModuleCtx *, const char *, size_t);
void (*free_string)(RedisModuleCtx *, RedisModuleString *);
int (*read_number)(const RedisModuleString *, long long *);
void *(*allocate)(size_t);
void (*release)(void *);
RedisModuleBlockedClient *(*block)(
    RedisModuleCtx *, command_function, command_function, void (*)(RedisModuleCtx *, void *), long long);
int (*unblock)(RedisModuleBlockedClient *, void *);
void *(*get_result)(RedisModuleCtx *);
RedisModuleCtx *(*make_context)(RedisModuleBlockedClient *);
void (*free_context)(RedisModuleCtx *);
static void (*lock)(RedisModuleCtx *);
static void (*unlock)(RedisModuleCtx *);
/* The one of all commands. */
static pthread_t server_thread;
static const char *(*text_of)(const RedisModuleString *, size_t *);

void lock_server(RedisModuleCtx *ctx) {
    if (!pthread_equal(pthread_self(), server_thread)) lock(ctx);
}

void unlock_server(RedisModuleCtx *ctx) {
    if (!pthread_equal(pthread_self(), server_thread)) unlock(ctx);
}

RAI_Model *model_at(RedisModuleCtx *ctx, const char *key) {
    RAI_Model *model = NULL;
    lock_server(ctx);
    RedisModuleString *name = make_string(ctx, key, strlen(key));
    /* Borrowed from the key, so a reference of our own is taken. */
    if (RedisAI_GetModelFromKeyspace(ctx, name, &model, 1, NULL) == 0) RedisAI_ModelGetShallowCopy(model);
    free_string(ctx, name);
    unlock_server(ctx);
    return model;
}

RAI_Script *script_at(RedisModuleCtx *ctx, const char *key) {
    RAI_Script *script = NULL;
    lock_server(ctx);
    RedisModuleString *name = make_string(ctx, key, strlen(key));
    if (RedisAI_GetScriptFromKeyspace(ctx, name, &script, 1, NULL) == 0) {
        RedisAI_ScriptGetShallowCopy(script);
    }
    free_string(ctx, name);
    unlock_server(ctx);
    return script;
}

RAI_Tensor *make_input(void) {
    long long shape[] = {2, 2};
    float values[] = {2, 3, 2, 3};
    RAI_Tensor *tensor = RedisAI_TensorCreate("FLOAT", shape, 2);
    RedisAI_TensorSetData(tensor, (const char *)values, sizeof values);
    return tensor;
}

int has_values(const RAI_Tensor *tensor, double first, double second) {
    RAI_Tensor *t = (RAI_Tensor *)tensor;
    if (RedisAI_TensorLength(t) != 4) return 0;
    for (int index = 0; index < 4; index++) {
        double value = 0;
        if (!RedisAI_TensorGetValueAsDouble(t, index, &value)) return 0;
        if (value != (index % 2 ? second : first)) return 0;
    }
    return 1;
}

/* The server may have loaded redisai after this module. */
static int is_ready(RedisModuleCtx *ctx) {
    return RedisAI_GetHighestLLAPIVersion || RedisAI_Initialize2(ctx) == 0;
}

#define COMMAND(function, check, success)                                               \
    static int function(RedisModuleCtx *ctx, RedisModuleString **words, int count) {     \
        (void)words, (void)count;                                                        \
        if (!is_ready(ctx)) return reply_error(ctx, "ERR the module redisai is not loaded"); \
        return answer(ctx, check, success);                                              \
    }

static outcome check_basics(void) {
    RAI_Error *error = NULL;
    CHECK(RedisAI_InitError(&error) == 0);
    CHECK(RedisAI_GetErrorCode(error) == RedisAI_ErrorCode_OK && RedisAI_GetError(error) == NULL);
    RedisAI_FreeError(error);
    return NULL;
}

static const char *key_in(RedisModuleString **words, int count) {
    return count > 1 ? text_of(words[1], NULL) : "m{1}";
}

static int number_in(RedisModuleString **words, int count, int index, int otherwise) {
    long long number = otherwise;
    if (index < count) read_number(words[index], &number);
    return (int)number;
}

COMMAND(on_basic_check, check_basics(), "OK")
COMMAND(on_model_run, check_runs(ctx, key_in(words, count)), "Async run success")
COMMAND(on_script_run, check_scripts(ctx), "Async run success")
COMMAND(on_dag_run, check_dags(ctx), "DAG run success")
COMMAND(on_devices, check_devices(ctx), "DAG resnet success")
COMMAND(on_create, check_created(), "create tensor test success")
COMMAND(on_join, check_joined(), "concatenate tensors test success")
COMMAND(on_slice, check_sliced(), "slice tensor test success")
COMMAND(on_version_2, check_version_2(ctx), "version 2 success")
COMMAND(on_drop, drop_run(), "dropped")
COMMAND(on_misuse, check_misuse(ctx), "misuse success")
COMMAND(
    on_threads, check_threads(ctx, number_in(words, count, 1, 4), number_in(words, count, 2, 100)),
    "threads success")

static int on_rate(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    if (!is_ready(ctx)) return reply_error(ctx, "ERR the module redisai is not loaded");
    long long duration = 0;
    int in_flight = number_in(words, count, 2, 16), runs = number_in(words, count, 3, 10000);
    outcome failure = measure(ctx, key_in(words, count), in_flight, runs, &duration);
    return failure ? reply_error(ctx, failure) : reply_number(ctx, duration);
}

static int on_hold(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    if (!is_ready(ctx)) return reply_error(ctx, "ERR the module redisai is not loaded");
    int bytes = number_in(words, count, 2, 8 << 20), offset = number_in(words, count, 3, 0);
    return answer(ctx, hold_run(ctx, key_in(words, count), bytes, offset), "held");
}

static int on_background(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    if (!is_ready(ctx)) return reply_error(ctx, "ERR the module redisai is not loaded");
    return check_in_background(ctx, number_in(words, count, 1, 4));
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **words, int count);

__attribute__((visibility("default"))) int RedisModule_OnLoad(
    RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    (void)words, (void)count;
    int (*find)(const char *, void *) = *(int (**)(const char *, void *))(void *)ctx;
    void (*name_module)(RedisModuleCtx *, const char *, int, int);
    int (*create)(RedisModuleCtx *, const char *, command_function, const char *, int, int, int);
    find("RedisModule_SetModuleAttribs", (void *)&name_module);
    find("RedisModule_CreateCommand", (void *)&create);
    find("RedisModule_ReplyWithSimpleString", (void *)&reply_text);
    find("RedisModule_ReplyWithError", (void *)&reply_error);
    find("RedisModule_ReplyWithLongLong", (void *)&reply_number);
    find("RedisModule_CreateString", (void *)&make_string);
    find("RedisModule_FreeString", (void *)&free_string);
    find("RedisModule_StringToLongLong", (void *)&read_number);
    find("RedisModule_StringPtrLen", (void *)&text_of);
    find("RedisModule_BlockClient", (void *)&block);
    find("RedisModule_UnblockClient", (void *)&unblock);
    find("RedisModule_GetBlockedClientPrivateData", (void *)&get_result);
    find("RedisModule_GetThreadSafeContext", (void *)&make_context);
    find("RedisModule_FreeThreadSafeContext", (void *)&free_context);
    find("RedisModule_ThreadSafeContextLock", (void *)&lock);
    find("RedisModule_ThreadSafeContextUnlock", (void *)&unlock);
    find("RedisModule_Alloc", (void *)&allocate);
    find("RedisModule_Free", (void *)&release);
    server_thread = pthread_self();
    name_module(ctx, "RAI_llapi", 1, 1);
    const struct {
        const char *name;
        command_function function;
    } commands[] = {
        {"RAI_llapi.basic_check", on_basic_check},  {"RAI_llapi.modelRun", on_model_run},
        {"RAI_llapi.scriptRun", on_script_run},     {"RAI_llapi.DAGRun", on_dag_run},
        {"RAI_llapi.CreateTensor", on_create},      {"RAI_llapi.ConcatenateTensors", on_join},
        {"RAI_llapi.SliceTensor", on_slice},        {"RAI_llapi.version2", on_version_2},
        {"RAI_llapi.misuse", on_misuse},            {"RAI_llapi.threads", on_threads},
        {"RAI_llapi.rate", on_rate},                {"RAI_llapi.DAG_resnet", on_devices},
        {"RAI_llapi.background", on_background},    {"RAI_llapi.hold", on_hold},
        {"RAI_llapi.drop", on_drop},
    };
    for (size_t index = 0; index < sizeof commands / sizeof *commands; index++) {
        if (create(ctx, commands[index].name, commands[index].function, "", 0, 0, 0) != 0) return 1;
    }
    /* If redisai comes later, the first command tries again. */
    (void)is_ready(ctx);
    return 0;
}
