import Glibc
import Synchronization

/// The server's lock, which its thread has while it works: whoever has it is that thread for the time.
///
/// Nobody waits for it who holds a lock of ours.
public enum ServerLock {
    /// The thread that has taken it here; 0 if none has.
    private static let holder = Atomic<UInt>(0)

    /// Calls `body` under the lock; on any thread, also on one that has it already, as the server's own.
    public static func with<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let thread = UInt(pthread_self())
        guard !MainThread.isCurrent, holder.load(ordering: .relaxed) != thread else { return try body() }
        DetachedContext.lock()
        holder.store(thread, ordering: .relaxed)
        defer {
            holder.store(0, ordering: .relaxed)
            DetachedContext.unlock()
        }
        return try body()
    }
}
