import CRedisModule

/// Where a value is, as far as the server tells.
public struct KeyPlace: Hashable, Sendable {
    public let key: [UInt8]
    /// Nil where the server does not tell (before 7.0, except for commands).
    public let database: Int32?

    public init(key: [UInt8], database: Int32?) {
        self.key = key
        self.database = database
    }
}

/// The key that `COPY` makes; valid during the call.
@safe
public struct CopyDestination {
    private let key: OpaquePointer?
    private let database: Int32?

    init(key: OpaquePointer?, database: Int32?) {
        unsafe self.key = key
        self.database = database
    }

    /// - Parameter context: of the server's newer callback, valid during the call.
    init(_ context: OpaquePointer) {
        let isTold = redis_has_GetToKeyNameFromOptCtx() && redis_has_GetToDbIdFromOptCtx()
        unsafe key = isTold ? redis_GetToKeyNameFromOptCtx(context) : nil
        database = isTold ? unsafe redis_GetToDbIdFromOptCtx(context) : nil
    }

    /// Copies the name; nil if the server does not tell it.
    public var place: KeyPlace? {
        guard let key = unsafe key else { return nil }
        return unsafe KeyPlace(key: Argument(key).bytes, database: database)
    }
}

extension RDBReader {
    /// Where the value that is read will be; nil if the server does not tell the key, as in a check of a
    /// payload. Copies the name.
    public var place: KeyPlace? {
        guard let key = unsafe redis_GetKeyNameFromIO(io) else { return nil }
        let database = redis_has_GetDbIdFromIO() ? unsafe redis_GetDbIdFromIO(io) : nil
        return unsafe KeyPlace(key: Argument(key).bytes, database: database)
    }
}

extension RedisContext {
    /// Opens a key for reading without counting that as a use of it.
    ///
    /// The client's database is as before when the handle is closed, because only the opening looks at it.
    /// - Returns: nil if the server has no such database.
    public func inspect(_ key: [UInt8], database: Int32) -> KeyHandle? {
        let own = self.database
        guard unsafe redis_SelectDb(pointer, database) == REDIS_OK else { return nil }
        defer { _ = unsafe redis_SelectDb(pointer, own) }
        let name = unsafe CommandWords.string(key)
        // Safety: the opened key takes a hold of its own on the name.
        defer { unsafe redis_FreeString(nil, name) }
        return unsafe inspect(Argument(name))
    }

    /// Shows every key of a database, as `eachKey` does, with the client's database as before.
    /// - Returns: false if the server has no such database.
    public func eachKey(
        ofDatabase database: Int32, _ visit: @escaping (Argument, borrowing KeyHandle) -> Void
    ) -> Bool {
        let own = self.database
        guard unsafe redis_SelectDb(pointer, database) == REDIS_OK else { return false }
        defer { _ = unsafe redis_SelectDb(pointer, own) }
        eachKey(visit)
        return true
    }
}
