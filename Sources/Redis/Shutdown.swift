import CRedisModule

/// The end of the server.
public enum Shutdown {
    /// What must not be under way when the process ends.
    public struct Work {
        /// Waits until none is under way and lets none begin; false if it could not.
        let pause: () -> Bool
        /// Lets it go on, because the server does.
        let resume: () -> Void

        public init(pause: @escaping () -> Bool, resume: @escaping () -> Void) {
            self.pause = pause
            self.resume = resume
        }
    }

    // Safety: main thread only, both.
    nonisolated(unsafe) private static var work: Work?
    nonisolated(unsafe) private static var isPaused = false

    /// Has the process end cleanly though workers run: without the destructors of libraries that they are
    /// in, once the server has saved and said goodbye. In OnLoad only.
    /// - Parameter work: is paused before.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext, pausing work: Work) -> Bool {
        unsafe self.work = work
        let event = redis_event(id: UInt64(REDIS_EVENT_SHUTDOWN), data_version: 1)
        return unsafe redis_SubscribeToServerEvent(context.pointer, event) { context, _, _, _ in
            unsafe Shutdown.prepare(context)
        } == REDIS_OK
    }

    private static func prepare(_ context: OpaquePointer) {
        Log.notice("Clearing resources on shutdown")
        if unsafe !isPaused, unsafe work?.pause() == true {
            unsafe isPaused = true
            // Without a turn of the event loop the server ends, or fails to save its data and goes on.
            let unused = unsafe UnsafeMutableRawPointer(context)
            _ = unsafe redis_CreateTimer(context, 0, { _, _ in Shutdown.resume() }, unused)
        }
        // Each time, since the last to be registered is the first to be called.
        redis_skip_destructors_at_exit()
    }

    private static func resume() {
        unsafe isPaused = false
        unsafe work?.resume()
    }
}
