// What the server tells of a client.
#pragma once

#include <stdint.h>
#include <string.h>

// A client with a connection. The server reads the version and fills in the rest.
typedef struct redis_client_info {
    uint64_t version, flags, id;
    char address[46];
    uint16_t port, database;
} redis_client_info;

enum { REDIS_CLIENT_INFO_VERSION = 1, REDIS_CLIENT_UNIX_SOCKET = 1 << 4 };

/// Whether a client's connection comes from this machine, by the server's own rule for that.
static inline _Bool redis_is_local(const redis_client_info *_Nonnull client) {
    return (client->flags & REDIS_CLIENT_UNIX_SOCKET) || strcmp(client->address, "127.0.0.1") == 0 ||
           strcmp(client->address, "::1") == 0;
}
