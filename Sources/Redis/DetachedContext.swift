import CRedisModule

/// The server as no client sees it, for who holds its lock and has no context: database 0, nobody's rights.
public enum DetachedContext {
    // Safety: written once, in OnLoad; used under the server's lock only.
    nonisolated(unsafe) private static var shared: OpaquePointer?

    /// In OnLoad only.
    public static func install(_ context: borrowing RedisContext) {
        unsafe shared = redis_GetDetachedThreadSafeContext(context.pointer)
    }

    /// Takes the server's lock.
    static func lock() { if let shared = unsafe shared { unsafe redis_ThreadSafeContextLock(shared) } }

    /// Gives it back.
    static func unlock() { if let shared = unsafe shared { unsafe redis_ThreadSafeContextUnlock(shared) } }

    /// What stands against writing now; nil if nothing does. The caller holds the lock.
    public static var writeObstacle: WriteObstacle? { with { $0.writeObstacle } ?? nil }

    /// Has the server execute a command of ours in database 0, so that it is sent on. The caller holds the
    /// lock.
    public static func execute(_ command: StaticString, _ arguments: [[UInt8]]) {
        _ = with { context in
            var words = CommandWords()
            for argument in arguments { words.append(bytes: argument) }
            var reason: Int32 = 0
            unsafe words.withVector { vector, count in
                let reply = unsafe redis_call(
                    context.pointer, command.cString, "!v", vector, count, &reason)
                if let reply = unsafe reply { unsafe redis_FreeCallReply(reply) }
            }
        }
    }

    /// Calls `body` with it; the caller holds the server's lock.
    /// - Returns: nil before `install`.
    public static func with<Result>(_ body: (borrowing RedisContext) -> Result) -> Result? {
        guard let shared = unsafe shared else { return nil }
        return unsafe body(RedisContext(shared))
    }
}
