import CRedisModule

/// What happens to keys: the events that the server can also publish. Main thread.
public enum KeyEvents {
    /// Called with the event's name, within what causes it; the context has the key's database.
    public typealias Handler = (borrowing RedisContext, _ event: String, _ key: Argument) -> Void

    // Safety: main thread only.
    nonisolated(unsafe) private static var handler: Handler?

    /// Has `handler` called for each event from now on, for ever; once.
    ///
    /// It costs a tenth of a microsecond for each command that changes a key, so nobody asks for it who may
    /// not need it.
    /// - Returns: false if the server refuses.
    public static func subscribe(_ context: borrowing RedisContext, _ handler: @escaping Handler) -> Bool {
        unsafe self.handler = handler
        return unsafe redis_SubscribeToKeyspaceEvents(context.pointer, Int32(REDIS_NOTIFY_KEYS)) {
            context, _, event, key in
            // Safety: the server passes a text that ends, and all of it is valid during the call.
            unsafe KeyEvents.handler?(RedisContext(context), String(cString: event), Argument(key))
            return Int32(REDIS_OK)
        } == REDIS_OK
    }

    /// Has `action` called after one database or all have been emptied, which no events of keys tell of. In
    /// OnLoad only.
    /// - Returns: false if the server refuses.
    public static func installFlush(
        _ context: borrowing RedisContext, action: @escaping () -> Void
    ) -> Bool {
        ServerEvents.install(.flushed, context) { part in
            if part == REDIS_FLUSHDB_END { action() }
        }
    }
}

extension KeyHandle {
    /// What is stored there, as the server's commands name it; nil for a kind that nobody knows.
    public var typeName: StaticString? {
        switch unsafe Int(redis_KeyType(key)) {
        case REDIS_KEY_EMPTY: "empty"
        case REDIS_KEY_STRING: "string"
        case REDIS_KEY_LIST: "list"
        case REDIS_KEY_HASH: "hash"
        case REDIS_KEY_SET: "set"
        case REDIS_KEY_ZSET: "zset"
        case REDIS_KEY_MODULE: "module"
        case REDIS_KEY_STREAM: "stream"
        default: nil
        }
    }
}
