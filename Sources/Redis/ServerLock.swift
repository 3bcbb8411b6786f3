/// The server's lock, which its thread has while it works: whoever has it is that thread for the time.
///
/// Nobody waits for it who holds a lock of ours.
public enum ServerLock {
    /// Calls `body` under the lock; on any thread, the server's own among them, which has it already.
    public static func with<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard !MainThread.isCurrent else { return try body() }
        DetachedContext.lock()
        defer { DetachedContext.unlock() }
        return try body()
    }
}
