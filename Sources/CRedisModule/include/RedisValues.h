// What the server asks of a type of values, and the events that it tells.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct RedisModuleString RedisModuleString;
typedef struct RedisModuleIO RedisModuleIO;
typedef struct RedisModuleDigest RedisModuleDigest;
typedef struct RedisModuleKeyOptCtx RedisModuleKeyOptCtx;

// ---- Value types

typedef struct redis_type_methods {
    uint64_t version;
    void *_Nullable (*_Nullable rdb_load)(RedisModuleIO *_Nonnull, int encoding_version);
    void (*_Nullable rdb_save)(RedisModuleIO *_Nonnull, void *_Nonnull value);
    void (*_Nullable aof_rewrite)(
        RedisModuleIO *_Nonnull, RedisModuleString *_Nonnull key, void *_Nonnull value);
    size_t (*_Nullable mem_usage)(const void *_Nonnull value);
    void (*_Nullable digest)(RedisModuleDigest *_Nonnull, void *_Nonnull value);
    void (*_Nullable free)(void *_Nonnull value);
    int (*_Nullable aux_load)(RedisModuleIO *_Nonnull, int encoding_version, int when);
    void (*_Nullable aux_save)(RedisModuleIO *_Nonnull, int when);
    int aux_save_triggers;
    size_t (*_Nullable free_effort)(RedisModuleString *_Nullable key, const void *_Nonnull value);
    void (*_Nullable unlink)(RedisModuleString *_Nullable key, const void *_Nonnull value);
    void *_Nullable (*_Nullable copy)(
        RedisModuleString *_Nullable from, RedisModuleString *_Nullable to, const void *_Nonnull value);
    void *_Nullable defrag;
    void *_Nullable mem_usage2, *_Nullable free_effort2, *_Nullable unlink2;
    void *_Nullable (*_Nullable copy2)(RedisModuleKeyOptCtx *_Nonnull, const void *_Nonnull value);
    void (*_Nullable aux_save2)(RedisModuleIO *_Nonnull, int when);
} redis_type_methods;

// The newest version of the struct above; servers read only what they know.
enum { REDIS_TYPE_METHODS_VERSION = 5 };

// When data beside the keys is saved.
enum { REDIS_AUXILIARY_BEFORE_KEYS = 1 };

// ---- Server events

typedef struct redis_event { uint64_t id, data_version; } redis_event;
enum {
    REDIS_EVENT_ROLE_CHANGED = 0,
    REDIS_EVENT_FLUSHDB = 2,
    REDIS_EVENT_LOADING = 3,
    REDIS_EVENT_SHUTDOWN = 5,
    REDIS_EVENT_REPLICA_CHANGED = 6,
    REDIS_EVENT_CRON_LOOP = 8,
    REDIS_EVENT_SWAPDB = 11,
    REDIS_EVENT_CONFIG = 16,
    REDIS_EVENT_FORK_CHILD = 13,
    REDIS_EVENT_ASYNC_LOADING = 14,
};

// Parts of some of them.
enum { REDIS_LOADING_ENDED = 3, REDIS_LOADING_FAILED = 4 };
enum { REDIS_FLUSHDB_END = 1 };
enum { REDIS_FORK_CHILD_BORN = 0 };
enum { REDIS_ASYNC_LOADING_STARTED = 0, REDIS_ASYNC_LOADING_ABORTED = 1 };

