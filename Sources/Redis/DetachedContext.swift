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

    /// Calls `body` with it; the caller holds the server's lock.
    /// - Returns: nil before `install`.
    public static func with<Result>(_ body: (borrowing RedisContext) -> Result) -> Result? {
        guard let shared = unsafe shared else { return nil }
        return unsafe body(RedisContext(shared))
    }
}
