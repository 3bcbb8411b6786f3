import CRedisModule

/// Work of the server's thread at the end of this turn of its event loop, or in the next one.
///
/// The end of a turn is a timer's call, before clients are answered: what is written in it is sent on
/// together. Main thread, or with the server's lock.
public enum ServerTurn {
    // Safety: as above.
    nonisolated(unsafe) private static var pending: [() -> Void] = []
    nonisolated(unsafe) private static var isEnding = false
    /// Whether `end` will be called.
    nonisolated(unsafe) private static var isDue = false
    /// What is added by what is done is done at once so often; then clients have their turn.
    private static let mostRounds = 16

    /// Calls `body` once all that clients have sent has been done, and before they are answered.
    public static func atEnd(_ body: @escaping () -> Void) {
        unsafe pending.append(body)
        guard unsafe !isDue, unsafe !isEnding else { return }
        unsafe isDue = true
        ServerTimer.after(milliseconds: beforeAll) { end() }
    }

    /// In milliseconds. The server looks at timers when the first of them is due, rounded up to a
    /// millisecond: behind one that is late, a timer of no time would be late, too, and clients be answered
    /// before it.
    private static let beforeAll = -1000

    /// Calls what waits for the end of the turn; for who has the server's lock, and is not its thread.
    public static func end() {
        guard unsafe !isEnding else { return }
        unsafe isEnding = true
        unsafe isDue = false
        var rounds = 0
        while unsafe !pending.isEmpty, rounds < mostRounds {
            let all = unsafe pending
            unsafe pending = []
            for body in all { body() }
            rounds += 1
        }
        unsafe isEnding = false
        guard unsafe !pending.isEmpty else { return }
        // Those that are left begin the next turn's.
        let left = unsafe pending
        unsafe pending = []
        next { for body in left { body() } }
    }

    /// Calls `body` after clients have been looked at again.
    public static func next(_ body: @escaping () -> Void) {
        guard redis_has_EventLoopAddOneShot() else { return ServerTimer.after(milliseconds: 1, body) }
        ServerThread.callUnchecked(body)
    }
}
