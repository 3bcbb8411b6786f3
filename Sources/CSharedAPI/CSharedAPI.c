#include "CSharedAPI.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

// ---- What is exported

#define NAME(name) "RedisAI_" #name,
static const char *const names[] = {REDISAI_VERSION_1(NAME) REDISAI_VERSION_2(NAME)};
#undef NAME

size_t shared_function_count(void) { return sizeof names / sizeof *names; }

const char *shared_function_name(size_t index) { return names[index]; }

void *shared_function(const shared_functions *functions, size_t index) {
    void *function = NULL;
    memcpy(&function, (const char *)functions + index * sizeof function, sizeof function);
    return function;
}

_Static_assert(
    offsetof(shared_functions, end) == sizeof names / sizeof *names * sizeof(void *),
    "the table has a function for each name");

// ---- Handles

struct shared_handle {
    // Made of the address and the kind, so that nothing else looks like one; 0 while it is free.
    _Atomic uintptr_t mark;
    void *content;
    struct shared_handle *next;
};

// So many handles of a kind have been freed and not used again before the first of them is.
enum { LEAST_FREE = 1 << 16, KIND_COUNT = 16 };

static struct free_list {
    pthread_mutex_t lock;
    shared_handle *first, *last;
    size_t count;
} free_lists[KIND_COUNT] = {[0 ... KIND_COUNT - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static uintptr_t mark_of(const shared_handle *handle, int32_t kind) {
    return (uintptr_t)handle ^ UINT64_C(0x5EDA1A0000000001) ^ ((uintptr_t)kind << 48);
}

static bool is_aligned(const void *address) { return ((uintptr_t)address & (sizeof(void *) - 1)) == 0; }

static shared_handle *take_free(int32_t kind) {
    struct free_list *list = &free_lists[kind];
    pthread_mutex_lock(&list->lock);
    shared_handle *handle = list->count > LEAST_FREE ? list->first : NULL;
    if (handle) {
        list->first = handle->next;
        list->count--;
    }
    pthread_mutex_unlock(&list->lock);
    return handle;
}

shared_handle *shared_handle_make(int32_t kind, void *content) {
    shared_handle *handle = take_free(kind);
    if (!handle) handle = calloc(1, sizeof *handle);
    if (!handle) return NULL;
    handle->content = content;
    handle->next = NULL;
    atomic_store_explicit(&handle->mark, mark_of(handle, kind), memory_order_release);
    return handle;
}

void *shared_handle_content(const shared_handle *handle, int32_t kind) {
    if (!handle || !is_aligned(handle)) return NULL;
    uintptr_t mark = atomic_load_explicit(&((shared_handle *)handle)->mark, memory_order_acquire);
    return mark == mark_of(handle, kind) ? handle->content : NULL;
}

void *shared_handle_end(shared_handle *handle, int32_t kind) {
    if (!handle || !is_aligned(handle)) return NULL;
    uintptr_t mark = mark_of(handle, kind);
    if (!atomic_compare_exchange_strong_explicit(
            &handle->mark, &mark, 0, memory_order_acq_rel, memory_order_acquire)) {
        return NULL;
    }
    void *content = handle->content;
    handle->content = NULL;
    handle->next = NULL;
    struct free_list *list = &free_lists[kind];
    pthread_mutex_lock(&list->lock);
    if (list->count == 0) {
        list->first = handle;
    } else {
        list->last->next = handle;
    }
    list->last = handle;
    list->count++;
    pthread_mutex_unlock(&list->lock);
    return content;
}

bool shared_object_is(const shared_object *object, uintptr_t class_address) {
    // The first word of a Swift object is the address of its class.
    return object && is_aligned(object) && *(const uintptr_t *)(const void *)object == class_address;
}

// ---- Callbacks

static _Thread_local int callback_depth;

void shared_call(RAI_OnFinishCB finish, RAI_OnFinishCtx *context, void *private_data) {
    callback_depth++;
    finish(context, private_data);
    callback_depth--;
}

bool shared_is_in_callback(void) { return callback_depth > 0; }
