import CRedisModule

/// A client that waits: answered exactly once, from any thread, at the latest by its last owner.
public final class BlockedClient: Sendable {
    private let reply: PendingReply

    fileprivate init(_ reply: PendingReply) { self.reply = reply }

    deinit { unblock {} }

    /// A step begins to run: until all that began have ended, the time counts as the command's own, for
    /// SLOWLOG and the server's statistics.
    public func beginTime() { reply.stepBegins() }

    public func endTime() { reply.stepEnded() }

    /// Has the reply sent by the main thread, soon. Nothing happens if that was done before, or if the
    /// deadline has come.
    ///
    /// - Parameter handOver: gives the result to the pending reply; called here, before the main thread
    ///   reads it, and not at all if it is too late.
    public func unblock(_ handOver: () -> Void) {
        guard reply.claim() else { return }
        handOver()
        reply.giveBack()
    }
}

extension RedisContext {
    /// More than that is no deadline that anybody sees, and would overflow the server's clock.
    private static let longestTimeoutMilliseconds = 1 << 50

    /// Blocks the client until it is unblocked, or answers it at the deadline.
    ///
    /// - Parameter timeoutMilliseconds: 0 = no deadline, but CLIENT UNBLOCK ends the wait as one would;
    ///   nil = nothing but the result ends it.
    /// - Precondition: the context allows blocking.
    public func block(_ reply: PendingReply, timeoutMilliseconds: Int? = nil) -> BlockedClient {
        let onUnblock: redis_command_function? =
            timeoutMilliseconds != nil
            ? { context, _, _ in unsafe BlockedClientCallbacks.timedOut(context) } : nil
        // The server's own deadline is looked at on some of its ticks only; ours is a timer.
        let blocked = unsafe redis_BlockClient(
            pointer, { context, _, _ in unsafe BlockedClientCallbacks.reply(context) }, onUnblock,
            { context, data in unsafe BlockedClientCallbacks.ended(context, data) }, 0)
        guard let blocked = unsafe blocked else {
            preconditionFailure("the server returned no blocked client")
        }
        unsafe redis_SetDisconnectCallback(blocked) { unsafe BlockedClientCallbacks.left($0, $1) }
        unsafe reply.wait(on: blocked)
        unsafe WaitingReplies.insert(reply, for: blocked)
        if let timeout = timeoutMilliseconds, timeout > 0 {
            // Safety: the hold ends with the timer, in `deadline` or in `ended`.
            reply.timer = unsafe redis_CreateTimer(
                pointer, Int64(min(timeout, Self.longestTimeoutMilliseconds)),
                { _, data in unsafe BlockedClientCallbacks.deadline(data) },
                Unmanaged.passRetained(reply).toOpaque())
        }
        return BlockedClient(reply)
    }
}

/// What the server calls of a blocked client, all on the main thread.
private enum BlockedClientCallbacks {
    /// The client has been unblocked and is still there.
    static func reply(_ context: OpaquePointer) -> Int32 {
        guard let data = unsafe redis_GetBlockedClientPrivateData(context) else { return Int32(REDIS_ERR) }
        // Safety: the pointer that `giveBack` retained; `ended` releases it.
        let reply = unsafe Unmanaged<PendingReply>.fromOpaque(data).takeUnretainedValue()
        reply.isAnswered = true
        if reply.isTimedOut {
            unsafe reply.sendTimedOut(in: RedisContext(context))
        } else {
            unsafe reply.send(in: RedisContext(context))
        }
        return Int32(REDIS_OK)
    }

    /// The timer's time has come.
    static func deadline(_ data: UnsafeMutableRawPointer) {
        // Safety: ends the hold that `block` took for the timer.
        let reply = unsafe Unmanaged<PendingReply>.fromOpaque(data).takeRetainedValue()
        reply.timer = nil
        guard reply.claim() else { return }
        reply.isTimedOut = true
        reply.deadlinePassed()
        reply.giveBack()
    }

    /// CLIENT UNBLOCK; the server takes the client out of its wait when this returns.
    static func timedOut(_ context: OpaquePointer) -> Int32 {
        let blocked = unsafe redis_GetBlockedClientHandle(context)
        guard let reply = unsafe WaitingReplies.reply(for: blocked) else { return Int32(REDIS_ERR) }
        let isFirst = reply.claim()
        // Answered even if a result is on its way, which has lost its client now.
        reply.isAnswered = true
        reply.isTimedOut = true
        reply.deadlinePassed()
        unsafe reply.sendTimedOut(in: RedisContext(context))
        if isFirst { reply.giveBack() }
        return Int32(REDIS_OK)
    }

    /// The client has gone, or was taken out of its wait with an error.
    static func left(_ context: OpaquePointer, _ blocked: OpaquePointer) {
        unsafe WaitingReplies.reply(for: blocked)?.clientLeft()
    }

    /// The last call for each blocked client, once it was given back.
    static func ended(_ context: OpaquePointer, _ data: UnsafeMutableRawPointer?) {
        guard let data = unsafe data else { return }
        // Safety: ends the hold that `giveBack` took.
        let reply = unsafe Unmanaged<PendingReply>.fromOpaque(data).takeRetainedValue()
        WaitingReplies.remove(reply)
        unsafe stopTimer(of: reply, context)
        if !reply.isAnswered, !reply.isTimedOut {
            // The client has left, so the server's context has none; ours brings a client of its own.
            let detached = unsafe redis_GetDetachedThreadSafeContext(context)
            unsafe redis_SelectDb(detached, reply.database)
            unsafe reply.abandon(in: RedisContext(detached))
            unsafe redis_FreeThreadSafeContext(detached)
        }
        reply.finish()
        ReleaseQueue.drain()
    }

    private static func stopTimer(of reply: PendingReply, _ context: OpaquePointer) {
        guard let timer = reply.timer else { return }
        reply.timer = nil
        var data: UnsafeMutableRawPointer?
        guard unsafe redis_StopTimer(context, timer, &data) == REDIS_OK, let data = unsafe data else {
            return
        }
        // Safety: ends the hold that `block` took for the timer, which will not fire any more.
        unsafe Unmanaged<PendingReply>.fromOpaque(data).release()
    }
}

/// Which reply belongs to a handle: all that the server tells when a client leaves or is unblocked, is its
/// handle. Main thread only.
private enum WaitingReplies {
    // Safety: only the main thread blocks clients and runs their callbacks.
    nonisolated(unsafe) private static var replies: [UInt: PendingReply] = [:]

    static func insert(_ reply: PendingReply, for blocked: OpaquePointer) {
        unsafe replies[UInt(bitPattern: blocked)] = reply
    }

    static func reply(for blocked: OpaquePointer?) -> PendingReply? {
        unsafe replies[UInt(bitPattern: blocked)]
    }

    static func remove(_ reply: PendingReply) { unsafe replies[reply.key] = nil }
}
