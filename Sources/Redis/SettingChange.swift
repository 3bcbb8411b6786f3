import CRedisModule

/// Changes of the server's settings while it runs.
public enum SettingChange {
    // Safety: written once, in OnLoad; main thread only.
    nonisolated(unsafe) private static var action: (() -> Void)?

    /// Has `action` called after each. In OnLoad only, once.
    ///
    /// Servers before 7.0 do not tell of them; there it is called some times a second.
    public static func install(_ context: borrowing RedisContext, action: @escaping () -> Void) {
        unsafe self.action = action
        guard redis_has_LoadConfigs() else {
            _ = ServerTick.install(context, action: action)
            return
        }
        let event = redis_event(id: UInt64(REDIS_EVENT_CONFIG), data_version: 1)
        _ = unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, _, _, _ in
            unsafe SettingChange.action?()
        }
    }
}
