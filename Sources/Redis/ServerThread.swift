import CRedisModule

/// Work for the server's thread, from any other.
public enum ServerThread {
    private final class Action {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Has `body` called on the server's thread, soon; the caller waits for nothing.
    ///
    /// Servers before 7.0 cannot be asked for that: there it is called at once, under the server's lock, and
    /// the caller waits for that.
    public static func call(_ body: @escaping @Sendable () -> Void) {
        guard redis_has_EventLoopAddOneShot() else { return ServerLock.with(body) }
        callUnchecked(body)
    }

    /// The same for the server's thread itself, and only where the server can be asked (7.0).
    ///
    /// What is written outside of commands and timers the server would send on with whatever comes next, and
    /// it ends itself if nothing does: so the work is done in a timer's call of the same turn.
    static func callUnchecked(_ body: @escaping () -> Void) {
        // Safety: the hold ends in the one call.
        let held = unsafe Unmanaged.passRetained(Action(body))
        let status = unsafe redis_EventLoopAddOneShot(
            { data in
                guard let data = unsafe data else { return }
                let action = unsafe Unmanaged<Action>.fromOpaque(data).takeRetainedValue()
                ServerTurn.atEnd(action.body)
            }, held.toOpaque())
        precondition(status == REDIS_OK, "the server refuses work for its thread")
    }
}
