import CRedisModule
import Glibc

/// What happens to keys: the events that the server can also publish. Main thread.
public enum KeyEvents {
    /// Called with the event's name, within what causes it; the context has the key's database.
    public typealias Handler = (borrowing RedisContext, _ event: String, _ key: Argument) -> Void

    // Safety: main thread only, all three.
    nonisolated(unsafe) private static var handler: Handler?
    nonisolated(unsafe) private static var interests: () -> [KeyInterest] = { [] }
    /// Made of them when the next event happens; nil = they have changed.
    nonisolated(unsafe) private static var known: KeyInterests?

    /// Has `handler` called for events from now on, for ever; once.
    ///
    /// What nobody wants to hear of costs each command that changes a key some hundred instructions, most of
    /// them the server's; yet nobody asks for it who may not need it.
    /// - Parameters:
    ///   - interests: says what `handler` wants to hear of; it may also hear of something else.
    /// - Returns: false if the server refuses.
    public static func subscribe(
        _ context: borrowing RedisContext, to interests: @escaping () -> [KeyInterest],
        _ handler: @escaping Handler
    ) -> Bool {
        unsafe self.handler = handler
        unsafe self.interests = interests
        return unsafe redis_SubscribeToKeyspaceEvents(context.pointer, Int32(REDIS_NOTIFY_KEYS)) {
            context, _, event, key in
            // Safety: the server passes a text that ends, and all of it is valid during the call.
            unsafe KeyEvents.happened(context, event, Argument(key))
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

    /// What `subscribe` was given says something else now.
    public static func interestsHaveChanged() { unsafe known = nil }

    private static func happened(
        _ context: OpaquePointer, _ event: UnsafePointer<CChar>, _ key: Argument
    ) {
        let known = unsafe known ?? learn()
        // Safety: the text does not change, and `mayInclude` keeps nothing of it.
        let name = unsafe UnsafeRawBufferPointer(start: event, count: strlen(event))
        let isOfInterest = key.withBytes {
            unsafe known.mayInclude(name.assumingMemoryBound(to: UInt8.self).span, of: $0)
        }
        guard isOfInterest else { return }
        unsafe handler?(RedisContext(context), String(cString: event), key)
    }

    private static func learn() -> KeyInterests {
        let interests = unsafe KeyInterests(self.interests())
        unsafe known = interests
        return interests
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
