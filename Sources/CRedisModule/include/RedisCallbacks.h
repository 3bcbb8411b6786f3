// What the server calls. Included where the types are declared.
#pragma once

typedef int (*redis_command_function)(
    RedisModuleCtx *_Nonnull, RedisModuleString *_Nonnull *_Nullable argv, int argc);
typedef void (*redis_scan_function)(
    RedisModuleCtx *_Nonnull, RedisModuleString *_Nonnull name, RedisModuleKey *_Nullable,
    void *_Nullable data);
typedef void (*redis_filter_function)(RedisModuleCommandFilterCtx *_Nonnull);
typedef void (*redis_free_function)(RedisModuleCtx *_Nonnull, void *_Nullable private_data);
typedef void (*redis_event_function)(
    RedisModuleCtx *_Nonnull, redis_event, uint64_t subevent, void *_Nullable data);
typedef int (*redis_keyspace_function)(
    RedisModuleCtx *_Nonnull, int type, const char *_Nonnull event, RedisModuleString *_Nonnull key);
typedef void (*redis_one_shot_function)(void *_Nullable data);
typedef void (*redis_event_loop_function)(int descriptor, void *_Nullable data, int mask);
typedef void (*redis_info_function)(RedisModuleInfoCtx *_Nonnull, int for_crash_report);
typedef void (*redis_timer_function)(RedisModuleCtx *_Nonnull, void *_Nonnull data);
typedef void (*redis_disconnect_function)(
    RedisModuleCtx *_Nonnull, RedisModuleBlockedClient *_Nonnull client);
