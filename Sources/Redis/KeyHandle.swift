import CRedisModule

/// A key that holds a value of another type than the one asked for.
public struct WrongType: Error {}

/// An open key, closed at the end of its scope. Main thread.
@safe
public struct KeyHandle: ~Copyable {
    let key: OpaquePointer?
    private let isBorrowed: Bool

    fileprivate init(_ key: OpaquePointer?, isBorrowed: Bool = false) {
        unsafe self.key = key
        self.isBorrowed = isBorrowed
    }

    deinit {
        // Safety: opened by us, closed once; a borrowed one is the server's to close.
        guard !isBorrowed else { return }
        if let key = unsafe key { unsafe redis_CloseKey(key) }
    }

    /// Whether nothing is stored there.
    public var isEmpty: Bool { unsafe redis_KeyType(key) == REDIS_KEY_EMPTY }

    /// The value.
    /// - Returns: nil if there is none.
    /// - Throws: `WrongType` if it is of another type.
    public func value<Value: StoredValue>(_ type: ModuleType<Value>) throws(WrongType) -> Value? {
        guard try holds(type), let key = unsafe key, let value = unsafe redis_ModuleTypeGetValue(key) else {
            return nil
        }
        // Safety: keys of this type hold a retained `Value`, put there by `set`.
        return unsafe Unmanaged<Value>.fromOpaque(value).takeUnretainedValue().readable
    }

    /// Whether there is a value.
    /// - Throws: `WrongType` if it is of another type.
    @inline(__always)
    public func holds<Value: StoredValue>(_ type: ModuleType<Value>) throws(WrongType) -> Bool {
        guard let key = unsafe key else { return false }
        switch unsafe Int(redis_KeyType(key)) {
        case REDIS_KEY_EMPTY: return false
        case REDIS_KEY_MODULE:
            guard unsafe redis_ModuleTypeGetType(key) == type.pointer else { throw WrongType() }
            return true
        default: throw WrongType()
        }
    }

    /// Puts a value of this type in place of what is there, and ends the key's time to live.
    /// - Precondition: opened for writing; empty, or of the same type.
    public func set<Value: StoredValue>(_ value: Value, _ type: ModuleType<Value>) {
        guard let key = unsafe key else { preconditionFailure("a key opened for reading was written") }
        let pointer = unsafe Unmanaged.passRetained(value).toOpaque()
        var old: UnsafeMutableRawPointer?
        // Safety: the key holds the retained pointer from now on; `old` is the hold it had before.
        if unsafe redis_KeyType(key) == REDIS_KEY_MODULE,
            unsafe redis_ModuleTypeReplaceValue(key, type.pointer, pointer, &old) == REDIS_OK
        {
            // Asking is cheap where few keys have a time to live; ending one never is.
            if unsafe redis_GetExpire(key) != Int64(REDIS_NO_EXPIRE) {
                unsafe redis_SetExpire(key, Int64(REDIS_NO_EXPIRE))
            }
            if let old = unsafe old {
                unsafe KeyDepartures.tell(old)
                unsafe KeyHold<Value>.end(old)
            }
            return
        }
        guard unsafe redis_ModuleTypeSetValue(key, type.pointer, pointer) == REDIS_OK else {
            preconditionFailure("a key opened for writing refused a value")
        }
    }

    /// Removes the key.
    public func delete() {
        if let key = unsafe key { _ = unsafe redis_DeleteKey(key) }
    }
}

extension RedisContext {
    /// Opens a key of the context's database for reading.
    public func read(_ name: Argument) -> KeyHandle {
        unsafe KeyHandle(redis_OpenKey(pointer, name.string, Int32(REDIS_READ)))
    }

    /// Opens a key of the context's database for reading, without counting that as a use of it.
    public func inspect(_ name: Argument) -> KeyHandle {
        let mode = REDIS_READ | REDIS_NO_TOUCH | REDIS_NO_NOTIFY | REDIS_NO_STATISTICS
        return unsafe KeyHandle(redis_OpenKey(pointer, name.string, Int32(mode)))
    }

    /// Opens a key of the context's database for reading and writing.
    public func write(_ name: Argument) -> KeyHandle {
        unsafe KeyHandle(redis_OpenKey(pointer, name.string, Int32(REDIS_READ | REDIS_WRITE)))
    }
}

/// Collects what `eachKey` finds while the server walks.
private final class KeyVisit {
    let visit: (Argument, borrowing KeyHandle) -> Void
    init(_ visit: @escaping (Argument, borrowing KeyHandle) -> Void) { self.visit = visit }
}

extension RedisContext {
    /// Shows every key of the context's database; takes time in proportion to their number.
    public func eachKey(_ visit: @escaping (Argument, borrowing KeyHandle) -> Void) {
        let cursor = unsafe redis_ScanCursorCreate()
        defer { unsafe redis_ScanCursorDestroy(cursor) }
        let box = KeyVisit(visit)
        // Safety: the box lives until the walk is over, and the server calls only during it.
        withExtendedLifetime(box) {
            let data = unsafe Unmanaged.passUnretained(box).toOpaque()
            var goesOn = true
            while goesOn {
                goesOn =
                    unsafe redis_Scan(
                        pointer, cursor,
                        { _, name, key, data in
                            guard let data = unsafe data else { return }
                            let box = unsafe Unmanaged<KeyVisit>.fromOpaque(data).takeUnretainedValue()
                            unsafe box.visit(Argument(name), KeyHandle(key, isBorrowed: true))
                        }, data) != 0
            }
        }
    }
}
