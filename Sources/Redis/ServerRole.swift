import CRedisModule

/// Whether the server is a master or a replica.
public enum ServerRole {
    /// Whether it follows no other. The caller holds the server's lock.
    public static var isMaster: Bool { DetachedContext.with { !$0.flags.contains(.replica) } ?? true }

    /// Has `action` called after each change. In OnLoad only.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext, action: @escaping () -> Void) -> Bool {
        ServerEvents.install(.roleChanged, context) { _ in action() }
    }
}
