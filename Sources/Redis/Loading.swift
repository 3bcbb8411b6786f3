import CRedisModule

/// When the server replaces all of its data by those of a file or of its master.
public enum Loading {
    /// How far it is.
    public enum Stage {
        case begins
        /// The new data are there.
        case ends
        /// The old data stay, or there are none.
        case fails
    }

    /// Has `action` called at each stage. In OnLoad only.
    /// - Returns: false if the server refuses.
    public static func install(
        _ context: borrowing RedisContext, action: @escaping (Stage) -> Void
    ) -> Bool {
        let isInstalled = ServerEvents.install(.loading, context) { part in
            switch part {
            case REDIS_LOADING_ENDED: action(.ends)
            case REDIS_LOADING_FAILED: action(.fails)
            default: action(.begins)
            }
        }
        // Servers before 7.0 do not load beside what they serve, and do not know the event.
        _ = ServerEvents.install(.asyncLoading, context) { part in
            switch part {
            case REDIS_ASYNC_LOADING_STARTED: action(.begins)
            case REDIS_ASYNC_LOADING_ABORTED: action(.fails)
            default: action(.ends)
            }
        }
        return isInstalled
    }
}
