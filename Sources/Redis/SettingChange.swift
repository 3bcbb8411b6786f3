import CRedisModule

/// Changes of the server's settings while it runs.
public enum SettingChange {
    // Safety: written once, in OnLoad; main thread only.
    nonisolated(unsafe) private static var action: (() -> Void)?

    /// Has `action` called after each, on servers from 7.0 on; older ones do not tell. In OnLoad only, once.
    public static func install(_ context: borrowing RedisContext, action: @escaping () -> Void) {
        unsafe self.action = action
        let event = redis_event(id: UInt64(REDIS_EVENT_CONFIG), data_version: 1)
        _ = unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, _, _, _ in
            unsafe SettingChange.action?()
        }
    }
}
