/* All checks from threads of this module's own, which take the server's lock only where redisai.h says so. */
#include <pthread.h>
#include <stdlib.h>

#include "server.h"

typedef struct checker {
    pthread_t thread;
    RedisModuleBlockedClient *client;
    outcome failure;
} checker;

typedef struct checkers {
    RedisModuleBlockedClient *client;
    int count;
} checkers;

static outcome check_all(RedisModuleCtx *ctx) {
    outcome failure = check_created();
    if (!failure) failure = check_joined();
    if (!failure) failure = check_sliced();
    if (!failure) failure = check_runs(ctx, "m{1}");
    if (!failure) failure = check_scripts(ctx);
    if (!failure) failure = check_dags(ctx);
    if (!failure) failure = check_devices(ctx);
    if (!failure) failure = check_version_2(ctx);
    if (!failure) failure = check_misuse(ctx);
    return failure;
}

static void *check(void *data) {
    checker *self = (checker *)data;
    RedisModuleCtx *ctx = make_context(self->client);
    self->failure = check_all(ctx);
    free_context(ctx);
    return NULL;
}

static void *check_in_threads(void *data) {
    checkers *all = (checkers *)data;
    checker *each = calloc((size_t)all->count, sizeof *each);
    for (int index = 0; index < all->count; index++) {
        each[index].client = all->client;
        if (pthread_create(&each[index].thread, NULL, check, &each[index]) != 0) abort();
    }
    outcome failure = NULL;
    for (int index = 0; index < all->count; index++) {
        pthread_join(each[index].thread, NULL);
        if (!failure) failure = each[index].failure;
    }
    free(each);
    unblock(all->client, (void *)failure);
    free(all);
    return NULL;
}

static int on_checked(RedisModuleCtx *ctx, RedisModuleString **words, int count) {
    (void)words, (void)count;
    return answer(ctx, (outcome)get_result(ctx), "background success");
}

int check_in_background(RedisModuleCtx *ctx, int count) {
    if (count <= 0) return reply_error(ctx, "ERR the number of threads is not above 0");
    checkers *all = malloc(sizeof *all);
    *all = (checkers){.client = block(ctx, on_checked, NULL, NULL, 0), .count = count};
    pthread_t thread;
    if (pthread_create(&thread, NULL, check_in_threads, all) != 0) abort();
    pthread_detach(thread);
    return 0;
}
