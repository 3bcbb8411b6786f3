// Numbers that the server's calls take and return.
#pragma once

// How a key is opened. Servers before 7.2 count and notify all the same.
enum {
    REDIS_READ = 1 << 0,
    REDIS_WRITE = 1 << 1,
    REDIS_NO_TOUCH = 1 << 16,
    REDIS_NO_NOTIFY = 1 << 17,
    REDIS_NO_STATISTICS = 1 << 18,
};
enum { REDIS_NO_EXPIRE = -1 };
enum {
    REDIS_KEY_EMPTY = 0, REDIS_KEY_STRING = 1, REDIS_KEY_LIST = 2, REDIS_KEY_HASH = 3, REDIS_KEY_SET = 4,
    REDIS_KEY_ZSET = 5, REDIS_KEY_MODULE = 6, REDIS_KEY_STREAM = 7,
};

// Context flags.
enum {
    REDIS_CONTEXT_LUA = 1 << 0,
    REDIS_CONTEXT_MULTI = 1 << 1,
    REDIS_CONTEXT_SLAVE = 1 << 3,
    REDIS_CONTEXT_READONLY = 1 << 4,
    REDIS_CONTEXT_CLUSTER = 1 << 5,
    REDIS_CONTEXT_AOF = 1 << 6,
    REDIS_CONTEXT_OOM = 1 << 10,
    REDIS_CONTEXT_REPLICATED = 1 << 12,
    REDIS_CONTEXT_LOADING = 1 << 13,
    REDIS_CONTEXT_DENY_BLOCKING = 1 << 21,
    REDIS_CONTEXT_RESP3 = 1 << 22,
};

// Kinds of replies of a command that we call, in the older protocol.
enum {
    REDIS_REPLY_STRING = 0,
    REDIS_REPLY_ERROR = 1,
    REDIS_REPLY_INTEGER = 2,
    REDIS_REPLY_ARRAY = 3,
    REDIS_REPLY_NULL = 4,
};

// Classes of notifications.
enum {
    REDIS_NOTIFY_GENERIC = 1 << 2,
    // Of keys, their types, and their ends: all but those that a module makes up, and loading.
    REDIS_NOTIFY_KEYS = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10
        | 1 << 11 | 1 << 13,
};

// Module options.
enum { REDIS_OPTION_HANDLE_IO_ERRORS = 1 << 0, REDIS_OPTION_HANDLE_ASYNC_LOAD = 1 << 2 };

// Why the server's list of refusals has an entry.
enum { REDIS_REFUSED_COMMAND = 1 };

// What the event loop looks at a descriptor for.
enum { REDIS_LOOP_READABLE = 1, REDIS_LOOP_WRITABLE = 2 };

// Filters of commands: what this module calls itself does not go through its own.
enum { REDIS_FILTER_NOT_OWN = 1 << 0 };
