import CRedisModule
import Synchronization

/// What a blocked client is to be told, and what has to happen then even if it has left.
///
/// All methods run on the main thread; exactly one of `send`, `abandon` and the answer to a time-out
/// happens, then `finish`. Subclasses override.
open class PendingReply: @unchecked Sendable {
    fileprivate let database: Int32
    fileprivate var hasEnded = false
    fileprivate var handle: UInt?

    public init(_ context: borrowing RedisContext) { database = context.database }

    /// Answers the client.
    open func send(in context: borrowing RedisContext) {}

    /// Does what must be done though the client has left; the context has the client's database and
    /// takes no replies.
    open func abandon(in context: borrowing RedisContext) {}

    /// Answers the client at its deadline; what the work brings later is dropped.
    open func sendTimedOut(in context: borrowing RedisContext) { context.reply(status: "TIMEDOUT") }

    /// Lets go of what belongs to the main thread, such as retained arguments.
    open func finish() {}
}

/// A client that waits: answered exactly once, from any thread, at the latest by its last owner.
@safe
public final class BlockedClient: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let reply: PendingReply
    private let isUnblocked = Atomic<Bool>(false)

    fileprivate init(_ pointer: OpaquePointer, _ reply: PendingReply) {
        unsafe self.pointer = pointer
        self.reply = reply
    }

    deinit { unblock() }

    /// From now on the time counts as the command's own, for SLOWLOG and LATENCY; until `endTime`.
    public func beginTime() { _ = unsafe redis_BlockedClientMeasureTimeStart(pointer) }

    public func endTime() { _ = unsafe redis_BlockedClientMeasureTimeEnd(pointer) }

    /// Has the reply sent by the main thread, soon. Calls after the first do nothing.
    public func unblock() {
        guard !isUnblocked.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Safety: the server takes the handle back here, once; `ended` releases the retained reply.
        _ = unsafe redis_UnblockClient(pointer, Unmanaged.passRetained(reply).toOpaque())
    }
}

extension RedisContext {
    /// Blocks the client until it is unblocked, or answers it at the deadline.
    ///
    /// - Parameter timeoutMilliseconds: 0 = no deadline.
    /// - Precondition: the context allows blocking.
    public func block(_ reply: PendingReply, timeoutMilliseconds: Int = 0) -> BlockedClient {
        let onTimeout: redis_command_function? =
            timeoutMilliseconds > 0
            ? { context, _, _ in unsafe BlockedClientCallbacks.timedOut(context) } : nil
        let blocked = unsafe redis_BlockClient(
            pointer, { context, _, _ in unsafe BlockedClientCallbacks.reply(context) }, onTimeout,
            { context, data in unsafe BlockedClientCallbacks.ended(context, data) },
            Int64(timeoutMilliseconds))
        guard let blocked = unsafe blocked else {
            preconditionFailure("the server returned no blocked client")
        }
        if timeoutMilliseconds > 0 { unsafe DeadlineTable.insert(reply, for: blocked) }
        return unsafe BlockedClient(blocked, reply)
    }
}

private enum BlockedClientCallbacks {
    static func reply(_ context: OpaquePointer) -> Int32 {
        guard let data = unsafe redis_GetBlockedClientPrivateData(context) else { return Int32(REDIS_ERR) }
        // Safety: the pointer that `BlockedClient` retained; `ended` releases it.
        let reply = unsafe Unmanaged<PendingReply>.fromOpaque(data).takeUnretainedValue()
        reply.hasEnded = true
        unsafe reply.send(in: RedisContext(context))
        return Int32(REDIS_OK)
    }

    static func timedOut(_ context: OpaquePointer) -> Int32 {
        let blocked = unsafe redis_GetBlockedClientHandle(context)
        guard let reply = DeadlineTable.reply(for: UInt(bitPattern: blocked)) else { return Int32(REDIS_ERR) }
        reply.hasEnded = true
        unsafe reply.sendTimedOut(in: RedisContext(context))
        return Int32(REDIS_OK)
    }

    static func ended(_ context: OpaquePointer, _ data: UnsafeMutableRawPointer?) {
        guard let data = unsafe data else { return }
        // Safety: ends the hold that `BlockedClient` took.
        let reply = unsafe Unmanaged<PendingReply>.fromOpaque(data).takeRetainedValue()
        if !reply.hasEnded {
            reply.hasEnded = true
            // The client has left, so the server's context has none; ours brings a client of its own.
            let detached = unsafe redis_GetDetachedThreadSafeContext(context)
            unsafe redis_SelectDb(detached, reply.database)
            unsafe reply.abandon(in: RedisContext(detached))
            unsafe redis_FreeThreadSafeContext(detached)
        }
        DeadlineTable.remove(reply)
        reply.finish()
        ReleaseQueue.drain()
    }
}

/// Which reply belongs to a client whose deadline came before its result; main thread only.
private enum DeadlineTable {
    // Safety: only the main thread blocks clients and runs their callbacks.
    nonisolated(unsafe) private static var replies: [UInt: PendingReply] = [:]

    static func insert(_ reply: PendingReply, for client: OpaquePointer) {
        let handle = UInt(bitPattern: client)
        reply.handle = handle
        unsafe replies[handle] = reply
    }

    static func reply(for handle: UInt) -> PendingReply? { unsafe replies[handle] }

    static func remove(_ reply: PendingReply) {
        if let handle = reply.handle { unsafe replies[handle] = nil }
    }
}
