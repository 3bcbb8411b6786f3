import CRedisModule

/// Numbers the turns of the server's event loop: what it does between two looks at what clients have sent.
///
/// A timer of no time ends a turn, since the server looks at its timers after its clients; without one, the
/// number stays. The server tells of each turn from 7.0 on, but that costs 0.2 microseconds, a thirtieth of a
/// PING. Main thread only, or with the server's lock.
public enum EventLoopTurn {
    // Safety: as above.
    nonisolated(unsafe) private static var count = 0
    nonisolated(unsafe) private static var isTimed = false

    /// The number of the turn, or of the first of several whose end nobody wanted to know.
    public static var number: Int { unsafe count }

    fileprivate static func setTimer(_ context: borrowing RedisContext) {
        guard unsafe !isTimed else { return }
        unsafe isTimed = true
        // Safety: the server hands the pointer back and does not read what it points to.
        unsafe withUnsafeMutablePointer(to: &count) { data in
            _ = unsafe redis_CreateTimer(context.pointer, 0, { _, _ in EventLoopTurn.end() }, data)
        }
    }

    private static func end() {
        unsafe isTimed = false
        unsafe count &+= 1
    }
}

extension RedisContext {
    /// Has the number of the turn change when it ends; half a microsecond, once in a turn.
    public func noticeEndOfTurn() { EventLoopTurn.setTimer(self) }
}
