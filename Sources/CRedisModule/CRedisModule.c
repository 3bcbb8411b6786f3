#define _GNU_SOURCE  // dladdr
#include "CRedisModule.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

redis_api redis_api_table;
RedisModuleCallReply *redis_kept_ok;

typedef int (*look_up)(const char *name, void *target);

// Calls that came after Redis 6.2; without them something is left out, and the module still works.
static const char *const newer[] = {
    "TryAlloc", "MallocSizeString", "GetCommand", "SetCommandInfo", "SetCommandACLCategories",
    "KeyAtPosWithFlags", "ReplyWithBigNumber", "ReplyWithMap", "GetDbIdFromIO", "GetToKeyNameFromOptCtx",
    "GetToDbIdFromOptCtx", "RegisterNumericConfig", "RegisterBoolConfig", "RegisterStringConfig",
    "RegisterEnumConfig", "LoadConfigs", "GetCurrentUserName", "GetClientUserNameById",
    "GetModuleUserFromUserName", "SetContextUser", "ACLCheckKeyPermissions", "ACLCheckCommandPermissions",
    "ACLAddLogEntry", "AddACLCategory", "EventLoopAddOneShot", "EventLoopAdd", "EventLoopDel",
    "CommandFilterGetClientId", "GetCommandKeysWithFlags", "GetModuleUserACLString", NULL,
};

static int is_newer(const char *name) {
    for (const char *const *entry = newer; *entry; entry++) {
        if (strcmp(*entry, name) == 0) return 1;
    }
    return 0;
}

int redis_resolve(RedisModuleCtx *context, const char **missing) {
    // The context's first word is the function that finds all others.
    look_up find = (look_up)((void **)context)[0];
    *missing = NULL;
#define X(result, name, ...) \
    if (find("RedisModule_" #name, &redis_api_table.name) != REDIS_OK && !is_newer(#name)) *missing = #name;
    REDIS_MODULE_API(X)
    REDIS_MODULE_VARIADIC_API(X)
#undef X
    return *missing ? REDIS_ERR : REDIS_OK;
}

void redis_keep_ok(RedisModuleCtx *context) {
    static const char expected[] = "+OK\r\n";
    // A command that answers just that and changes nothing: no key is being watched here.
    RedisModuleCallReply *reply = redis_api_table.Call(context, "UNWATCH", "");
    if (!reply) return;
    size_t length = 0;
    const char *text = redis_api_table.CallReplyProto(reply, &length);
    if (text && length == sizeof expected - 1 && memcmp(text, expected, length) == 0) {
        redis_kept_ok = reply;
    } else {
        redis_api_table.FreeCallReply(reply);
    }
}

static void leave(int status, void *unused) {
    (void)unused;
    fflush(stdout);
    _exit(status);
}

void redis_skip_destructors_at_exit(void) { on_exit(leave, NULL); }

bool redis_has_room(size_t bytes) {
    // What allocators add: they round up by a quarter at most, and align.
    const size_t added = bytes / 4 + (2 << 20);
    if (bytes > SIZE_MAX - added) return false;
    void *probe = mmap(NULL, bytes + added, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) return false;
    munmap(probe, bytes + added);
    return true;
}

void *redis_try_allocate(size_t bytes) {
    if (redis_api_table.TryAlloc) return redis_api_table.TryAlloc(bytes);
    // Below this a failure means that the server itself could not go on either.
    const size_t large = 1 << 20;
    if (bytes >= large && !redis_has_room(bytes)) return NULL;
    return redis_api_table.Alloc(bytes);
}

const char *redis_module_file(void) {
    Dl_info information;
    return dladdr((void *)redis_module_file, &information) ? information.dli_fname : NULL;
}

const char *redis_module_commit(void) { return REDISAI_COMMIT; }
