import CRedisModule

/// When the server has forked a child, which writes a file or serves a replica.
public enum ServerFork {
    /// Has `action` called in the server after each. In OnLoad only.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext, action: @escaping () -> Void) -> Bool {
        ServerEvents.install(.forkChild, context) { part in
            if part == REDIS_FORK_CHILD_BORN { action() }
        }
    }
}
