import CRedisModule

/// The server's housekeeping, some times a second: for what older servers do not tell when it happens.
enum ServerTick {
    // Safety: written in OnLoad only; main thread only.
    nonisolated(unsafe) private static var actions: [() -> Void] = []

    /// Has `action` called each time. In OnLoad only.
    /// - Returns: false if the server refuses.
    static func install(_ context: borrowing RedisContext, action: @escaping () -> Void) -> Bool {
        unsafe actions.append(action)
        // A server keeps one callback of a module for each event, so all actions share it.
        let event = redis_event(id: UInt64(REDIS_EVENT_CRON_LOOP), data_version: 1)
        return unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, _, _, _ in
            for action in unsafe ServerTick.actions { action() }
        } == REDIS_OK
    }
}
