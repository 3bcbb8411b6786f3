// What this project uses of the server's module API (Redis 6.2 and newer, Valkey), in our own declarations.
//
// The server hands every module a function that looks others up by name. REDIS_MODULE_API lists each call
// once; from that list come the table of function pointers, its filling, and one inline function per call.
// Calls that older servers lack stay null: `redis_has_<name>()` tells. The table is hidden and filled once,
// on the main thread, before any other call.
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "RedisClients.h"
#include "RedisCommandInfo.h"
#include "RedisFlags.h"
#include "RedisSettings.h"
#include "RedisValues.h"

typedef struct RedisModuleCtx RedisModuleCtx;
typedef struct RedisModuleKey RedisModuleKey;
typedef struct RedisModuleType RedisModuleType;
typedef struct RedisModuleBlockedClient RedisModuleBlockedClient;
typedef struct RedisModuleCommand RedisModuleCommand;
typedef struct RedisModuleInfoCtx RedisModuleInfoCtx;
typedef struct RedisModuleScanCursor RedisModuleScanCursor;
typedef struct RedisModuleCallReply RedisModuleCallReply;
typedef struct RedisModuleUser RedisModuleUser;
typedef struct RedisModuleServerInfoData RedisModuleServerInfoData;
typedef struct RedisModuleCommandFilter RedisModuleCommandFilter;
typedef struct RedisModuleCommandFilterCtx RedisModuleCommandFilterCtx;

enum {
    REDIS_OK = 0,
    REDIS_ERR = 1,
    REDIS_API_VERSION = 1,
};

#include "RedisCallbacks.h"

// ---- The calls: X(result, name, parameters, argument names)

#define REDIS_MODULE_API(X) \
    X(int, SetModuleAttribs, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, int version, int api), \
      (c, name, version, api)) \
    X(int, IsModuleNameBusy, (const char *_Nonnull name), (name)) \
    X(void, SetModuleOptions, (RedisModuleCtx *_Nonnull c, int options), (c, options)) \
    X(int, GetServerVersion, (void), ()) \
    X(int, GetContextFlags, (RedisModuleCtx *_Nullable c), (c)) \
    X(int, GetSelectedDb, (RedisModuleCtx *_Nonnull c), (c)) \
    X(int, SelectDb, (RedisModuleCtx *_Nonnull c, int db), (c, db)) \
    X(void *_Nullable, Alloc, (size_t n), (n)) \
    X(void *_Nullable, TryAlloc, (size_t n), (n)) \
    X(void, Free, (void *_Nullable p), (p)) \
    X(size_t, MallocSize, (void *_Nullable p), (p)) \
    X(size_t, MallocSizeString, (RedisModuleString *_Nonnull s), (s)) \
    X(int, CreateCommand, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, redis_command_function _Nonnull f, \
        const char *_Nonnull flags, int first, int last, int step), \
      (c, name, f, flags, first, last, step)) \
    X(RedisModuleCommand *_Nullable, GetCommand, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name), \
      (c, name)) \
    X(int, SetCommandInfo, \
      (RedisModuleCommand *_Nonnull command, const redis_command_info *_Nonnull info), \
      (command, info)) \
    X(int, AddACLCategory, (RedisModuleCtx *_Nonnull c, const char *_Nonnull name), (c, name)) \
    X(int, SetCommandACLCategories, \
      (RedisModuleCommand *_Nonnull command, const char *_Nonnull categories), \
      (command, categories)) \
    X(int, IsKeysPositionRequest, (RedisModuleCtx *_Nonnull c), (c)) \
    X(void, KeyAtPos, (RedisModuleCtx *_Nonnull c, int position), (c, position)) \
    X(void, KeyAtPosWithFlags, (RedisModuleCtx *_Nonnull c, int position, int flags), (c, position, flags)) \
    X(const char *_Nonnull, StringPtrLen, \
      (const RedisModuleString *_Nonnull s, size_t *_Nullable length), \
      (s, length)) \
    X(int, StringToLongLong, (const RedisModuleString *_Nonnull s, long long *_Nonnull value), (s, value)) \
    X(int, StringToDouble, (const RedisModuleString *_Nonnull s, double *_Nonnull value), (s, value)) \
    X(RedisModuleString *_Nonnull, CreateString, \
      (RedisModuleCtx *_Nullable c, const char *_Nullable bytes, size_t length), \
      (c, bytes, length)) \
    X(RedisModuleString *_Nonnull, CreateStringFromLongLong, \
      (RedisModuleCtx *_Nullable c, long long value), \
      (c, value)) \
    X(RedisModuleString *_Nonnull, HoldString, \
      (RedisModuleCtx *_Nullable c, RedisModuleString *_Nonnull s), \
      (c, s)) \
    X(void, FreeString, (RedisModuleCtx *_Nullable c, RedisModuleString *_Nonnull s), (c, s)) \
    X(int, ReplyWithError, (RedisModuleCtx *_Nonnull c, const char *_Nonnull text), (c, text)) \
    X(int, ReplyWithSimpleString, (RedisModuleCtx *_Nonnull c, const char *_Nonnull text), (c, text)) \
    X(int, ReplyWithLongLong, (RedisModuleCtx *_Nonnull c, long long value), (c, value)) \
    X(int, ReplyWithDouble, (RedisModuleCtx *_Nonnull c, double value), (c, value)) \
    X(int, ReplyWithBigNumber, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull digits, size_t length), \
      (c, digits, length)) \
    X(int, ReplyWithStringBuffer, \
      (RedisModuleCtx *_Nonnull c, const char *_Nullable bytes, size_t length), \
      (c, bytes, length)) \
    X(int, ReplyWithVerbatimString, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull bytes, size_t length), \
      (c, bytes, length)) \
    X(int, ReplyWithNull, (RedisModuleCtx *_Nonnull c), (c)) \
    X(int, ReplyWithArray, (RedisModuleCtx *_Nonnull c, long count), (c, count)) \
    X(int, ReplyWithMap, (RedisModuleCtx *_Nonnull c, long count), (c, count)) \
    X(int, ReplyWithCallReply, \
      (RedisModuleCtx *_Nonnull c, RedisModuleCallReply *_Nonnull reply), \
      (c, reply)) \
    X(const char *_Nullable, CallReplyProto, \
      (RedisModuleCallReply *_Nonnull reply, size_t *_Nonnull length), \
      (reply, length)) \
    X(void, FreeCallReply, (RedisModuleCallReply *_Nonnull reply), (reply)) \
    X(int, CallReplyType, (RedisModuleCallReply *_Nonnull reply), (reply)) \
    X(long long, CallReplyInteger, (RedisModuleCallReply *_Nonnull reply), (reply)) \
    X(size_t, CallReplyLength, (RedisModuleCallReply *_Nonnull reply), (reply)) \
    X(const char *_Nullable, CallReplyStringPtr, \
      (RedisModuleCallReply *_Nonnull reply, size_t *_Nonnull length), \
      (reply, length)) \
    X(RedisModuleCallReply *_Nullable, CallReplyArrayElement, \
      (RedisModuleCallReply *_Nonnull reply, size_t index), \
      (reply, index)) \
    X(void, ThreadSafeContextLock, (RedisModuleCtx *_Nonnull c), (c)) \
    X(void, ThreadSafeContextUnlock, (RedisModuleCtx *_Nonnull c), (c)) \
    X(RedisModuleString *_Nullable, GetCurrentUserName, (RedisModuleCtx *_Nonnull c), (c)) \
    X(RedisModuleString *_Nullable, GetClientUserNameById, \
      (RedisModuleCtx *_Nonnull c, uint64_t id), (c, id)) \
    X(RedisModuleUser *_Nullable, GetModuleUserFromUserName, \
      (RedisModuleString *_Nonnull name), (name)) \
    X(int, FreeModuleUser, (RedisModuleUser *_Nonnull user), (user)) \
    X(void, SetContextUser, \
      (RedisModuleCtx *_Nonnull c, const RedisModuleUser *_Nullable user), \
      (c, user)) \
    X(int, ACLCheckCommandPermissions, \
      (RedisModuleUser *_Nonnull user, RedisModuleString *_Nonnull *_Nonnull words, int count), \
      (user, words, count)) \
    X(int, ACLAddLogEntry, \
      (RedisModuleCtx *_Nonnull c, RedisModuleUser *_Nonnull user, RedisModuleString *_Nonnull object, \
        int reason), \
      (c, user, object, reason)) \
    X(int, ACLCheckKeyPermissions, \
      (RedisModuleUser *_Nonnull user, RedisModuleString *_Nonnull key, int flags), \
      (user, key, flags)) \
    X(unsigned long long, GetClientId, (RedisModuleCtx *_Nonnull c), (c)) \
    X(int, GetClientInfoById, (redis_client_info *_Nonnull info, uint64_t id), (info, id)) \
    X(int, ReplicateVerbatim, (RedisModuleCtx *_Nonnull c), (c)) \
    X(int, AvoidReplicaTraffic, (void), ()) \
    X(RedisModuleKey *_Nullable, OpenKey, \
      (RedisModuleCtx *_Nonnull c, RedisModuleString *_Nonnull name, int mode), \
      (c, name, mode)) \
    X(void, CloseKey, (RedisModuleKey *_Nonnull key), (key)) \
    X(int, KeyType, (RedisModuleKey *_Nullable key), (key)) \
    X(int, DeleteKey, (RedisModuleKey *_Nonnull key), (key)) \
    X(long long, GetExpire, (RedisModuleKey *_Nonnull key), (key)) \
    X(int, SetExpire, (RedisModuleKey *_Nonnull key, long long milliseconds), (key, milliseconds)) \
    X(RedisModuleType *_Nullable, ModuleTypeGetType, (RedisModuleKey *_Nonnull key), (key)) \
    X(void *_Nullable, ModuleTypeGetValue, (RedisModuleKey *_Nonnull key), (key)) \
    X(int, ModuleTypeSetValue, \
      (RedisModuleKey *_Nonnull key, RedisModuleType *_Nonnull type, void *_Nonnull value), \
      (key, type, value)) \
    X(int, ModuleTypeReplaceValue, \
      (RedisModuleKey *_Nonnull key, RedisModuleType *_Nonnull type, void *_Nonnull value, \
        void *_Nullable *_Nullable old), \
      (key, type, value, old)) \
    X(RedisModuleType *_Nullable, CreateDataType, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, int encoding_version, \
        redis_type_methods *_Nonnull methods), \
      (c, name, encoding_version, methods)) \
    X(void, SaveUnsigned, (RedisModuleIO *_Nonnull io, uint64_t value), (io, value)) \
    X(uint64_t, LoadUnsigned, (RedisModuleIO *_Nonnull io), (io)) \
    X(void, SaveSigned, (RedisModuleIO *_Nonnull io, int64_t value), (io, value)) \
    X(int64_t, LoadSigned, (RedisModuleIO *_Nonnull io), (io)) \
    X(void, SaveStringBuffer, \
      (RedisModuleIO *_Nonnull io, const char *_Nonnull bytes, size_t length), \
      (io, bytes, length)) \
    X(char *_Nullable, LoadStringBuffer, \
      (RedisModuleIO *_Nonnull io, size_t *_Nonnull length), \
      (io, length)) \
    X(int, IsIOError, (RedisModuleIO *_Nonnull io), (io)) \
    X(const RedisModuleString *_Nullable, GetKeyNameFromIO, (RedisModuleIO *_Nonnull io), (io)) \
    X(int, GetDbIdFromIO, (RedisModuleIO *_Nonnull io), (io)) \
    X(const RedisModuleString *_Nullable, GetToKeyNameFromOptCtx, \
      (RedisModuleKeyOptCtx *_Nonnull c), (c)) \
    X(int, GetToDbIdFromOptCtx, (RedisModuleKeyOptCtx *_Nonnull c), (c)) \
    X(void, DigestAddStringBuffer, \
      (RedisModuleDigest *_Nonnull digest, const char *_Nonnull bytes, size_t length), \
      (digest, bytes, length)) \
    X(void, DigestAddLongLong, (RedisModuleDigest *_Nonnull digest, long long value), (digest, value)) \
    X(void, DigestEndSequence, (RedisModuleDigest *_Nonnull digest), (digest)) \
    X(RedisModuleBlockedClient *_Nullable, BlockClient, \
      (RedisModuleCtx *_Nonnull c, redis_command_function _Nullable reply, \
        redis_command_function _Nullable timeout, redis_free_function _Nullable free, \
        long long milliseconds), \
      (c, reply, timeout, free, milliseconds)) \
    X(int, UnblockClient, \
      (RedisModuleBlockedClient *_Nonnull client, void *_Nullable private_data), \
      (client, private_data)) \
    X(void *_Nullable, GetBlockedClientPrivateData, (RedisModuleCtx *_Nonnull c), (c)) \
    X(RedisModuleBlockedClient *_Nullable, GetBlockedClientHandle, (RedisModuleCtx *_Nonnull c), (c)) \
    X(void, SetDisconnectCallback, \
      (RedisModuleBlockedClient *_Nonnull client, redis_disconnect_function _Nonnull f), \
      (client, f)) \
    X(uint64_t, CreateTimer, \
      (RedisModuleCtx *_Nonnull c, long long milliseconds, redis_timer_function _Nonnull f, \
        void *_Nonnull data), \
      (c, milliseconds, f, data)) \
    X(int, StopTimer, \
      (RedisModuleCtx *_Nonnull c, uint64_t timer, void *_Nullable *_Nullable data), \
      (c, timer, data)) \
    X(int, BlockedClientMeasureTimeStart, (RedisModuleBlockedClient *_Nonnull client), (client)) \
    X(int, BlockedClientMeasureTimeEnd, (RedisModuleBlockedClient *_Nonnull client), (client)) \
    X(RedisModuleCtx *_Nonnull, GetDetachedThreadSafeContext, (RedisModuleCtx *_Nonnull c), (c)) \
    X(void, FreeThreadSafeContext, (RedisModuleCtx *_Nonnull c), (c)) \
    X(int, SubscribeToServerEvent, \
      (RedisModuleCtx *_Nonnull c, redis_event event, redis_event_function _Nonnull f), \
      (c, event, f)) \
    X(int, SubscribeToKeyspaceEvents, \
      (RedisModuleCtx *_Nonnull c, int types, redis_keyspace_function _Nonnull f), \
      (c, types, f)) \
    X(RedisModuleCommandFilter *_Nullable, RegisterCommandFilter, \
      (RedisModuleCtx *_Nonnull c, redis_filter_function _Nonnull f, int flags), \
      (c, f, flags)) \
    X(int, UnregisterCommandFilter, \
      (RedisModuleCtx *_Nonnull c, RedisModuleCommandFilter *_Nonnull filter), \
      (c, filter)) \
    X(int, CommandFilterArgsCount, (RedisModuleCommandFilterCtx *_Nonnull c), (c)) \
    X(RedisModuleString *_Nullable, CommandFilterArgGet, \
      (RedisModuleCommandFilterCtx *_Nonnull c, int position), \
      (c, position)) \
    X(int, CommandFilterArgInsert, \
      (RedisModuleCommandFilterCtx *_Nonnull c, int position, RedisModuleString *_Nonnull word), \
      (c, position, word)) \
    X(unsigned long long, CommandFilterGetClientId, (RedisModuleCommandFilterCtx *_Nonnull c), (c)) \
    X(int *_Nullable, GetCommandKeys, \
      (RedisModuleCtx *_Nonnull c, RedisModuleString *_Nonnull *_Nonnull words, int count, \
        int *_Nonnull key_count), \
      (c, words, count, key_count)) \
    X(int *_Nullable, GetCommandKeysWithFlags, \
      (RedisModuleCtx *_Nonnull c, RedisModuleString *_Nonnull *_Nonnull words, int count, \
        int *_Nonnull key_count, int *_Nullable *_Nullable flags), \
      (c, words, count, key_count, flags)) \
    X(RedisModuleString *_Nullable, GetModuleUserACLString, \
      (RedisModuleUser *_Nonnull user), (user)) \
    X(int, EventLoopAddOneShot, \
      (redis_one_shot_function _Nonnull f, void *_Nullable data), \
      (f, data)) \
    X(int, EventLoopAdd, \
      (int descriptor, int mask, redis_event_loop_function _Nonnull f, void *_Nullable data), \
      (descriptor, mask, f, data)) \
    X(int, EventLoopDel, (int descriptor, int mask), (descriptor, mask)) \
    X(const char *_Nullable, GetMyClusterID, (void), ()) \
    X(float, GetUsedMemoryRatio, (void), ()) \
    X(RedisModuleServerInfoData *_Nullable, GetServerInfo, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull section), \
      (c, section)) \
    X(void, FreeServerInfo, \
      (RedisModuleCtx *_Nonnull c, RedisModuleServerInfoData *_Nonnull info), \
      (c, info)) \
    X(long long, ServerInfoGetFieldSigned, \
      (RedisModuleServerInfoData *_Nonnull info, const char *_Nonnull field, int *_Nullable error), \
      (info, field, error)) \
    X(int, RegisterNumericConfig, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, long long value, unsigned int flags, \
        long long least, long long greatest, redis_get_number _Nonnull get, redis_set_number _Nonnull set, \
        void *_Nullable apply, void *_Nullable data), \
      (c, name, value, flags, least, greatest, get, set, apply, data)) \
    X(int, RegisterBoolConfig, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, int value, unsigned int flags, \
        redis_get_flag _Nonnull get, redis_set_flag _Nonnull set, void *_Nullable apply, \
        void *_Nullable data), \
      (c, name, value, flags, get, set, apply, data)) \
    X(int, RegisterStringConfig, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, const char *_Nonnull value, \
        unsigned int flags, redis_get_text _Nonnull get, redis_set_text _Nonnull set, \
        void *_Nullable apply, void *_Nullable data), \
      (c, name, value, flags, get, set, apply, data)) \
    X(int, RegisterEnumConfig, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, int value, unsigned int flags, \
        const char *_Nonnull *_Nonnull names, const int *_Nonnull values, int count, \
        redis_get_flag _Nonnull get, redis_set_flag _Nonnull set, void *_Nullable apply, \
        void *_Nullable data), \
      (c, name, value, flags, names, values, count, get, set, apply, data)) \
    X(int, LoadConfigs, (RedisModuleCtx *_Nonnull c), (c)) \
    X(RedisModuleScanCursor *_Nonnull, ScanCursorCreate, (void), ()) \
    X(void, ScanCursorDestroy, (RedisModuleScanCursor *_Nonnull cursor), (cursor)) \
    X(int, Scan, \
      (RedisModuleCtx *_Nonnull c, RedisModuleScanCursor *_Nonnull cursor, \
        redis_scan_function _Nonnull f, void *_Nullable data), \
      (c, cursor, f, data)) \
    X(int, ExportSharedAPI, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull name, void *_Nonnull function), \
      (c, name, function)) \
    X(int, RegisterInfoFunc, (RedisModuleCtx *_Nonnull c, redis_info_function _Nonnull f), (c, f)) \
    X(int, InfoAddSection, (RedisModuleInfoCtx *_Nonnull c, const char *_Nonnull name), (c, name)) \
    X(int, InfoAddFieldCString, \
      (RedisModuleInfoCtx *_Nonnull c, const char *_Nonnull field, const char *_Nonnull value), \
      (c, field, value)) \
    X(int, InfoAddFieldLongLong, \
      (RedisModuleInfoCtx *_Nonnull c, const char *_Nonnull field, long long value), \
      (c, field, value))

// Calls with variable arguments; each has a wrapper below.
#define REDIS_MODULE_VARIADIC_API(X) \
    X(void, Log, \
      (RedisModuleCtx *_Nullable c, const char *_Nonnull level, const char *_Nonnull format, ...)) \
    X(void, LogIOError, \
      (RedisModuleIO *_Nonnull io, const char *_Nonnull level, const char *_Nonnull format, ...)) \
    X(void, EmitAOF, \
      (RedisModuleIO *_Nonnull io, const char *_Nonnull command, const char *_Nonnull format, ...)) \
    X(int, Replicate, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull command, const char *_Nonnull format, ...)) \
    X(RedisModuleCallReply *_Nullable, Call, \
      (RedisModuleCtx *_Nonnull c, const char *_Nonnull command, const char *_Nonnull format, ...))

#define X(result, name, parameters, ...) result (*_Nullable name) parameters;
typedef struct redis_api { REDIS_MODULE_API(X) REDIS_MODULE_VARIADIC_API(X) } redis_api;
#undef X

extern __attribute__((visibility("hidden"))) redis_api redis_api_table;

// The table, for tests that fill in the calls they need.
static inline redis_api *_Nonnull redis_api_for_tests(void) { return &redis_api_table; }

/// Fills the table from the context that the server gives to OnLoad.
/// Returns REDIS_ERR if the server lacks a call that Redis 6.2 has; `*missing` is its name then.
int redis_resolve(RedisModuleCtx *_Nonnull context, const char *_Nullable *_Nonnull missing);

#define X(result, name, parameters, arguments) \
    static inline __attribute__((always_inline)) result redis_##name parameters { \
        return redis_api_table.name arguments; \
    } \
    static inline __attribute__((always_inline)) _Bool redis_has_##name(void) { \
        return redis_api_table.name != NULL; \
    }
REDIS_MODULE_API(X)
#undef X

/// Keeps a `+OK` of the server's own for `redis_reply_ok`; once, in OnLoad.
void redis_keep_ok(RedisModuleCtx *_Nonnull context);

extern __attribute__((visibility("hidden"))) RedisModuleCallReply *_Nullable redis_kept_ok;

/// Replies `+OK`. A kept reply is sent as it is; from text, servers since 7.0.15 build a string each time,
/// to look for line breaks in it, which costs a twentieth of a short command.
static inline int redis_reply_ok(RedisModuleCtx *_Nonnull c) {
    if (!redis_kept_ok) return redis_ReplyWithSimpleString(c, "OK");
    return redis_ReplyWithCallReply(c, redis_kept_ok);
}

/// Has the process end without the destructors of the libraries in it, whose threads still run then.
///
/// Handlers run in the reverse of the order in which they were registered; call this last.
void redis_skip_destructors_at_exit(void);

/// Whether the system would map so many bytes now, and what an allocator adds to them. Any thread.
bool redis_has_room(size_t bytes);

/// Memory that may be refused: NULL if there is not enough. Servers before 7.0 cannot refuse, they stop;
/// there, the system is asked first about large blocks.
void *_Nullable redis_try_allocate(size_t bytes);

/// The file that this code was loaded from; NULL if the system does not tell.
const char *_Nullable redis_module_file(void);

/// The commit that this was built from.
const char *_Nonnull redis_module_commit(void);

static inline void redis_log(
    RedisModuleCtx *_Nullable c, const char *_Nonnull level, const char *_Nonnull text) {
    redis_api_table.Log(c, level, "%s", text);
}
static inline void redis_log_io_error(
    RedisModuleIO *_Nonnull io, const char *_Nonnull level, const char *_Nonnull text) {
    redis_api_table.LogIOError(io, level, "%s", text);
}
/// Writes `command` with a vector of arguments to the AOF being rewritten.
static inline void redis_emit_aof(
    RedisModuleIO *_Nonnull io, const char *_Nonnull command,
    RedisModuleString *_Nonnull *_Nonnull arguments, size_t count) {
    redis_api_table.EmitAOF(io, command, "v", arguments, count);
}
/// Sends `command` with a vector of arguments to replicas and the AOF.
static inline int redis_replicate(
    RedisModuleCtx *_Nonnull c, const char *_Nonnull command,
    RedisModuleString *_Nonnull *_Nonnull arguments, size_t count) {
    return redis_api_table.Replicate(c, command, "v", arguments, count);
}
/// Has the server execute a command with a vector of arguments; `*reason` is the `errno` that it leaves.
///
/// Returns NULL if it refused the command without a reply. The flags are those of the server's call.
static inline RedisModuleCallReply *_Nullable redis_call(
    RedisModuleCtx *_Nonnull c, const char *_Nonnull command, const char *_Nonnull flags,
    RedisModuleString *_Nonnull *_Nonnull arguments, size_t count, int *_Nonnull reason) {
    errno = 0;
    RedisModuleCallReply *reply = redis_api_table.Call(c, command, flags, arguments, count);
    *reason = errno;
    return reply;
}
