// The public header as this module sees it: types, and a table of what it offers under their names.
#pragma once

#define REDISAI_TYPES_ONLY
#include "redisai.h"

#include <stdbool.h>
#include <stdint.h>

#define SHARED_HIDDEN __attribute__((visibility("hidden")))

// ---- What is exported

#define SHARED_FIELD(name) RedisAI_##name##_function _Nullable name;
typedef struct shared_functions {
    REDISAI_VERSION_1(SHARED_FIELD)
    REDISAI_VERSION_2(SHARED_FIELD)
    // Behind the last function; NULL.
    void *_Nullable end;
} shared_functions;
#undef SHARED_FIELD

/// How many functions the table has.
SHARED_HIDDEN size_t shared_function_count(void);
/// The name under which the server knows one of them; static, which the server relies on.
SHARED_HIDDEN const char *_Nonnull shared_function_name(size_t index);
/// NULL if the table was not filled there.
SHARED_HIDDEN void *_Nullable shared_function(const shared_functions *_Nonnull functions, size_t index);

// ---- What stands behind the pointers that other modules get

/// A place of an object that only this interface has. It is never given back to the system, and used again
/// only after many others, so that one which was freed can be told from one that was not.
typedef struct shared_handle shared_handle;

/// - Parameter kind: 0 to 15.
/// - Returns: NULL without memory.
SHARED_HIDDEN shared_handle *_Nullable shared_handle_make(int32_t kind, void *_Nonnull content);
/// NULL for what is not a live handle of this kind; any address that can be read may be asked for.
SHARED_HIDDEN void *_Nullable shared_handle_content(const shared_handle *_Nullable handle, int32_t kind);
/// Frees the handle. Returns what it stood for, to one caller; NULL as above.
SHARED_HIDDEN void *_Nullable shared_handle_end(shared_handle *_Nullable handle, int32_t kind);

/// A tensor, a model or a script: what keys hold.
typedef struct shared_object shared_object;

/// Whether an object is of this class; any address that can be read may be asked for.
SHARED_HIDDEN bool shared_object_is(const shared_object *_Nullable object, uintptr_t class_address);

// ---- Callbacks

/// Calls a client's function; meanwhile `shared_is_in_callback` is true on this thread.
SHARED_HIDDEN void shared_call(
    RAI_OnFinishCB _Nonnull finish, RAI_OnFinishCtx *_Nullable context, void *_Nullable private_data);
SHARED_HIDDEN bool shared_is_in_callback(void);
