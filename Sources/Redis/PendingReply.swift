import CRedisModule
import Synchronization

/// What a blocked client is to be told, and what has to happen then even if it has left.
///
/// All overridable methods run on the main thread. What comes first, a result, the deadline or CLIENT
/// UNBLOCK, decides which of `send`, `abandon` and `sendTimedOut` is called: one of them at most, once.
/// `finish` is the last call, once. Subclasses override.
@safe
open class PendingReply: @unchecked Sendable {
    /// How far the request is.
    private struct Progress: Sendable {
        /// Whether somebody gives the server's handle back, or has; it must not be used any more then.
        var isOver = false
        /// Steps that run now; while there are any, the time counts as the command's own.
        var runningCount = 0
    }

    let database: Int32
    /// Whether the client has been answered. Main thread.
    var isAnswered = false
    /// Whether what the work brings is to be dropped. Main thread.
    var isTimedOut = false
    /// The server's number of the timer that is set. Main thread.
    var timer: UInt64?
    private let progress = Mutex(Progress())
    /// The server's, until it is given back; set before any other thread knows this object.
    private var handle: OpaquePointer?

    public init(_ context: borrowing RedisContext) { database = context.database }

    /// Answers the client.
    open func send(in context: borrowing RedisContext) {}

    /// Does what must be done though the client has left; the context has the client's database and
    /// takes no replies. Not called if the deadline came first.
    open func abandon(in context: borrowing RedisContext) {}

    /// The client has left while it waits: work that would be of use to nobody else may end. `abandon`
    /// follows when the work is done, unless the deadline comes first.
    open func clientLeft() {}

    /// The deadline has come, or CLIENT UNBLOCK, whether or not the client is still there: what the work
    /// brings from now on is dropped.
    open func deadlinePassed() {}

    /// Answers the client at its deadline.
    open func sendTimedOut(in context: borrowing RedisContext) { context.reply(status: "TIMEDOUT") }

    /// Lets go of what belongs to the main thread, such as retained arguments.
    open func finish() {}

    // Safety of the calls below: the handle is the server's own until it is given back, which is never
    // before `isOver`; nobody else sees this object before `wait(on:)`.

    /// What the handle is known by.
    var key: UInt { unsafe UInt(bitPattern: handle) }

    /// - Parameter handle: the server's, of the client that waits.
    func wait(on handle: OpaquePointer) { unsafe self.handle = handle }

    /// A step begins to run. Any thread.
    func stepBegins() {
        progress.withLock { progress in
            guard !progress.isOver, let handle = unsafe handle else { return }
            if progress.runningCount == 0 { _ = unsafe redis_BlockedClientMeasureTimeStart(handle) }
            progress.runningCount += 1
        }
    }

    /// A step has run. Any thread.
    func stepEnded() {
        progress.withLock { progress in
            guard !progress.isOver, let handle = unsafe handle else { return }
            progress.runningCount -= 1
            if progress.runningCount == 0 { _ = unsafe redis_BlockedClientMeasureTimeEnd(handle) }
        }
    }

    /// Ends the wait. Any thread.
    /// - Returns: whether the caller is the first; it has to give the handle back then.
    func claim() -> Bool {
        progress.withLock { progress in
            guard !progress.isOver, let handle = unsafe handle else { return false }
            progress.isOver = true
            if progress.runningCount > 0 { _ = unsafe redis_BlockedClientMeasureTimeEnd(handle) }
            return true
        }
    }

    /// Has the main thread answer, soon. By who claimed it, any thread.
    func giveBack() {
        guard let handle = unsafe handle else { return }
        // The server passes this object to its callbacks; the last one releases it.
        _ = unsafe redis_UnblockClient(handle, Unmanaged.passRetained(self).toOpaque())
    }
}
