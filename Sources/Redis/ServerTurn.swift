import CRedisModule

/// Work of the server's thread at the end of this turn of its event loop, or in the next one.
///
/// Timers of no time are the end of a turn, but only where they are set by what clients have sent: one that
/// is set within another timer's call waits for a millisecond, and all that are set after it. Main thread, or
/// with the server's lock.
public enum ServerTurn {
    // Safety: as above.
    nonisolated(unsafe) private static var pending: [() -> Void] = []
    nonisolated(unsafe) private static var isEnding = false
    /// What is added by what is done is done at once so often; then clients have their turn.
    private static let mostRounds = 16

    /// Calls `body` once all that clients have sent has been done, and before they are answered.
    public static func atEnd(_ body: @escaping () -> Void) {
        unsafe pending.append(body)
        guard unsafe pending.count == 1, unsafe !isEnding else { return }
        ServerTimer.after(milliseconds: 0) { end() }
    }

    /// Calls what waits for the end of the turn; for who has the server's lock, and is not its thread.
    public static func end() {
        guard unsafe !isEnding else { return }
        unsafe isEnding = true
        var rounds = 0
        while unsafe !pending.isEmpty, rounds < mostRounds {
            let all = unsafe pending
            unsafe pending = []
            for body in all { body() }
            rounds += 1
        }
        unsafe isEnding = false
        if unsafe !pending.isEmpty { next { end() } }
    }

    /// Calls `body` after clients have been looked at again.
    public static func next(_ body: @escaping () -> Void) {
        guard redis_has_EventLoopAddOneShot() else { return ServerTimer.after(milliseconds: 1, body) }
        ServerThread.callUnchecked(body)
    }
}
