import CRedisModule

/// Where a client is connected from.
public enum ClientOrigin: Sendable {
    /// A unix socket, or the machine's own address.
    case local
    case remote
}

extension RedisContext {
    /// Where the client of this command is connected from; nil if no client has sent it, but a script, a
    /// function, a module, the master or the AOF.
    public var clientOrigin: ClientOrigin? {
        guard flags.isDisjoint(with: [.script, .replicated, .loading]) else { return nil }
        var client = redis_client_info()
        client.version = UInt64(REDIS_CLIENT_INFO_VERSION)
        // Clients that the server makes for itself have numbers too, and are not found by them.
        guard unsafe redis_GetClientInfoById(&client, redis_GetClientId(pointer)) == REDIS_OK else {
            return nil
        }
        return unsafe redis_is_local(&client) ? .local : .remote
    }
}
