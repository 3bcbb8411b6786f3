import CRedisModule

/// Calls by the server's clock, on its thread.
public enum ServerTimer {
    private final class Action {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Calls `body` once, after so many milliseconds; after 0, at the end of this turn of the event loop.
    ///
    /// Main thread, or with the server's lock. Whoever does not want the call any more looks within it.
    public static func after(milliseconds: Int, _ body: @escaping () -> Void) {
        DetachedContext.with { context in
            // Safety: the hold ends in the one call of the timer.
            let held = unsafe Unmanaged.passRetained(Action(body))
            _ = unsafe redis_CreateTimer(
                context.pointer, Int64(milliseconds),
                { _, data in unsafe Unmanaged<Action>.fromOpaque(data).takeRetainedValue().body() },
                held.toOpaque())
        }
    }
}
