import CRedisModule

/// Tells of values that may be at their key no longer. Main thread, or with the server's lock.
///
/// It does not hear of what another module does to our keys by `ModuleTypeReplaceValue` or `SetExpire`. Of
/// times to live `KeyMoves` hears.
public enum KeyDepartures {
    // Safety: written in OnLoad, read on the main thread or under its lock; the other one only there.
    nonisolated(unsafe) private static var departed: ((UInt) -> Void)?
    nonisolated(unsafe) private static var isAnybodyListening = false

    /// Whether anybody wants to know now: others need not pay for it.
    public static var areWanted: Bool {
        get { unsafe isAnybodyListening }
        set { unsafe isAnybodyListening = newValue }
    }

    /// In OnLoad only, once.
    ///
    /// - Parameters:
    ///   - departed: called with the address of a value, maybe another module's, when its key is removed,
    ///     renamed or moved, gets another value, or a time to live.
    ///   - allDeparted: called when databases are emptied, swapped or loaded.
    /// - Returns: false if the server refuses.
    public static func install(
        _ context: borrowing RedisContext, departed: @escaping (_ address: UInt) -> Void,
        allDeparted: @escaping () -> Void
    ) -> Bool {
        unsafe Self.departed = departed
        return KeyEvents.installFlush(context, action: allDeparted)
            && ServerEvents.install(.databasesSwapped, context) { _ in allDeparted() }
            && Loading.install(context) { _ in allDeparted() }
    }

    /// A key may hold this value no longer.
    @inline(__always)
    static func tell(_ value: UnsafeRawPointer) {
        if areWanted { unsafe departed?(UInt(bitPattern: value)) }
    }

    /// The same of what a key holds, if that is a module's.
    static func tell(valueAt name: Argument, in context: borrowing RedisContext) {
        let handle = context.inspect(name)
        guard let key = unsafe handle.key, unsafe redis_KeyType(key) == REDIS_KEY_MODULE,
            let value = unsafe redis_ModuleTypeGetValue(key)
        else { return }
        unsafe tell(value)
    }
}

extension KeyHandle {
    /// Whether the key holds this very value, and does so until `KeyDepartures` tells of it.
    public func keeps(_ value: some StoredValue) -> Bool {
        guard let key = unsafe key, let held = unsafe redis_ModuleTypeGetValue(key) else { return false }
        let address = UInt(bitPattern: held)
        guard address == UInt(bitPattern: ObjectIdentifier(value)) else { return false }
        return unsafe redis_GetExpire(key) == Int64(REDIS_NO_EXPIRE)
    }
}
