import CRedisModule

/// The end of the server.
public enum Shutdown {
    // Safety: main thread only.
    nonisolated(unsafe) private static var isPrepared = false

    /// Has the process end cleanly though workers run: without the destructors of libraries that they are
    /// in, once the server has saved and said goodbye. In OnLoad only.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext) -> Bool {
        let event = redis_event(id: UInt64(REDIS_EVENT_SHUTDOWN), data_version: 1)
        return unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, _, _, _ in
            Shutdown.prepare()
        } == REDIS_OK
    }

    private static func prepare() {
        Log.notice("Clearing resources on shutdown")
        // A shutdown may fail and be tried again.
        guard unsafe !isPrepared else { return }
        unsafe isPrepared = true
        redis_skip_destructors_at_exit()
    }
}
