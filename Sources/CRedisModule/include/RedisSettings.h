// What the server calls to show and change settings of a module (7.0).
#pragma once

typedef struct RedisModuleString RedisModuleString;

// The server's flags: fixed once the module is loaded; changed only where `enable-protected-configs` allows
// it; a number of bytes, which may be given as `1mb`.
enum {
    REDIS_SETTING_IMMUTABLE = 1 << 0,
    REDIS_SETTING_PROTECTED = 1 << 5,
    REDIS_SETTING_MEMORY = 1 << 7,
};

// The string that a getter returns stays the module's; the server copies it at once.
typedef RedisModuleString *_Nullable (*redis_get_text)(
    const char *_Nonnull name, void *_Nullable data);
typedef long long (*redis_get_number)(const char *_Nonnull name, void *_Nullable data);
// Also for one of several names, by its number.
typedef int (*redis_get_flag)(const char *_Nonnull name, void *_Nullable data);
typedef int (*redis_set_text)(
    const char *_Nonnull name, RedisModuleString *_Nonnull value, void *_Nullable data,
    RedisModuleString *_Nullable *_Nonnull error);
typedef int (*redis_set_number)(
    const char *_Nonnull name, long long value, void *_Nullable data,
    RedisModuleString *_Nullable *_Nonnull error);
typedef int (*redis_set_flag)(
    const char *_Nonnull name, int value, void *_Nullable data,
    RedisModuleString *_Nullable *_Nonnull error);
