import CRedisModule

/// What the server tells modules of itself: each event has one callback of ours, which calls all who want it.
public enum ServerEvents {
    /// An event that flows or keys have to know of.
    enum Kind: Int {
        case roleChanged
        case flushed
        case loading
        case replicaChanged
        case forkChild
        case asyncLoading
        case databasesSwapped

        fileprivate var id: UInt64 {
            switch self {
            case .roleChanged: UInt64(REDIS_EVENT_ROLE_CHANGED)
            case .flushed: UInt64(REDIS_EVENT_FLUSHDB)
            case .loading: UInt64(REDIS_EVENT_LOADING)
            case .replicaChanged: UInt64(REDIS_EVENT_REPLICA_CHANGED)
            case .forkChild: UInt64(REDIS_EVENT_FORK_CHILD)
            case .asyncLoading: UInt64(REDIS_EVENT_ASYNC_LOADING)
            case .databasesSwapped: UInt64(REDIS_EVENT_SWAPDB)
            }
        }
    }

    // Safety: written in OnLoad only; main thread only.
    nonisolated(unsafe) private static var actions: [UInt64: [(Int) -> Void]] = [:]

    /// Has `action` called at each, with the number of its part. In OnLoad only.
    /// - Returns: false if the server refuses.
    static func install(
        _ kind: Kind, _ context: borrowing RedisContext, action: @escaping (Int) -> Void
    ) -> Bool {
        let isFirst = unsafe actions[kind.id] == nil
        unsafe actions[kind.id, default: []].append(action)
        guard isFirst else { return true }
        let event = redis_event(id: kind.id, data_version: 1)
        return unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, event, part, _ in
            for action in unsafe ServerEvents.actions[event.id] ?? [] { action(Int(part)) }
        } == REDIS_OK
    }
}
