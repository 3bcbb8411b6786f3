// What the server is told about a command: documentation, places of keys, arguments (7.0).
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct redis_command_info_version {
    int version;
    size_t history_entry_size, key_spec_size, argument_size;
} redis_command_info_version;

typedef struct redis_command_history {
    const char *_Nullable since, *_Nullable changes;
} redis_command_history;

enum { REDIS_SPEC_BEGIN_UNKNOWN = 1, REDIS_SPEC_BEGIN_INDEX, REDIS_SPEC_BEGIN_KEYWORD };
enum { REDIS_SPEC_FIND_OMITTED, REDIS_SPEC_FIND_UNKNOWN, REDIS_SPEC_FIND_RANGE, REDIS_SPEC_FIND_COUNT };

// Key spec flags.
enum {
    REDIS_KEY_RO = 1 << 0,
    REDIS_KEY_RW = 1 << 1,
    REDIS_KEY_OW = 1 << 2,
    REDIS_KEY_RM = 1 << 3,
    REDIS_KEY_ACCESS = 1 << 4,
    REDIS_KEY_UPDATE = 1 << 5,
    REDIS_KEY_INSERT = 1 << 6,
    REDIS_KEY_DELETE = 1 << 7,
    REDIS_KEY_NOT_KEY = 1 << 8,
    REDIS_KEY_INCOMPLETE = 1 << 9,
};

typedef struct redis_key_spec {
    const char *_Nullable notes;
    uint64_t flags;
    int begin;
    union {
        struct { int position; } index;
        struct { const char *_Nullable keyword; int start_from; } keyword;
    } begin_search;
    int find;
    union {
        struct { int last, step, limit; } range;
        struct { int count_index, first_key, step; } count;
    } find_keys;
} redis_key_spec;

enum {
    REDIS_ARGUMENT_STRING, REDIS_ARGUMENT_INTEGER, REDIS_ARGUMENT_DOUBLE, REDIS_ARGUMENT_KEY,
    REDIS_ARGUMENT_PATTERN, REDIS_ARGUMENT_TIME, REDIS_ARGUMENT_TOKEN, REDIS_ARGUMENT_ONE_OF,
    REDIS_ARGUMENT_BLOCK,
};
enum { REDIS_ARGUMENT_OPTIONAL = 1 << 0, REDIS_ARGUMENT_MULTIPLE = 1 << 1 };

typedef struct redis_command_argument {
    const char *_Nullable name;
    int type;
    int key_spec_index;
    const char *_Nullable token, *_Nullable summary, *_Nullable since;
    int flags;
    const char *_Nullable deprecated_since;
    struct redis_command_argument *_Nullable children;
    const char *_Nullable display_text;
} redis_command_argument;

typedef struct redis_command_info {
    const redis_command_info_version *_Nonnull version;
    const char *_Nullable summary, *_Nullable complexity, *_Nullable since;
    redis_command_history *_Nullable history;
    const char *_Nullable tips;
    int arity;
    redis_key_spec *_Nullable key_specs;
    redis_command_argument *_Nullable arguments;
} redis_command_info;
