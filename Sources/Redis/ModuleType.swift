import CRedisModule

/// A kind of value that keys can hold: what the server asks of it.
public protocol StoredValue: AnyObject {
    /// Nine characters, as `TYPE` answers.
    static var typeName: StaticString { get }
    /// The newest encoding that `load` reads and `save` writes.
    static var encodingVersion: Int { get }
    /// What a value is called in the log.
    static var noun: StaticString { get }

    /// Reads a value; every field is checked.
    static func load(from reader: borrowing RDBReader, encodingVersion: Int) throws(RDBError) -> Self
    /// Writes all of it; may run in a forked child.
    func save(to writer: borrowing RDBWriter)
    /// Writes commands that make it anew; runs in a forked child.
    func rewrite(to writer: borrowing AOFWriter)
    /// Adds what makes it equal to another.
    func digest(to writer: borrowing DigestWriter)
    /// Bytes of memory that it takes.
    var memoryUsage: Int { get }
    /// What freeing costs, in allocations; above 64 the server frees in the background.
    var freeEffort: Int { get }
    /// What commands read in its place.
    var readable: Self { get }
    /// The value for a copied key.
    func copied(to destination: CopyDestination) -> Self
    /// Called when the key that held it holds it no longer; on any thread, and not if that key was only
    /// renamed or moved.
    func leftKeyspace()
}

extension StoredValue {
    public var readable: Self { self }

    public func leftKeyspace() {}
}

/// A registered kind of value.
@safe
public struct ModuleType<Value: StoredValue>: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Registers the type; in OnLoad only. Nil if the server refuses.
    ///
    /// - Parameter methods: `StoredValue`'s functions as C callbacks; each is one line where the concrete
    ///   type is known, since a C callback cannot be generic.
    public init?(_ context: borrowing RedisContext, _ methods: StoredValueMethods) {
        var methods = unsafe methods.table
        let type = unsafe redis_CreateDataType(
            context.pointer, Value.typeName.cString, Int32(Value.encodingVersion), &methods)
        guard let type = unsafe type else { return nil }
        unsafe pointer = type
    }

    /// The type as the server and other modules know it; lives as long as the process.
    public var address: OpaquePointer { unsafe pointer }
}

/// The functions of a kind of value as the server calls them.
@safe
public struct StoredValueMethods {
    let table: redis_type_methods

    /// - Parameters: each the function of `StoredValueCallbacks` of the same name.
    public init(
        load: @convention(c) (OpaquePointer, Int32) -> UnsafeMutableRawPointer?,
        save: @convention(c) (OpaquePointer, UnsafeMutableRawPointer) -> Void,
        rewrite: @convention(c) (OpaquePointer, OpaquePointer, UnsafeMutableRawPointer) -> Void,
        digest: @convention(c) (OpaquePointer, UnsafeMutableRawPointer) -> Void,
        memoryUsage: @convention(c) (UnsafeRawPointer) -> Int,
        freeEffort: @convention(c) (OpaquePointer?, UnsafeRawPointer) -> Int,
        free: @convention(c) (UnsafeMutableRawPointer) -> Void,
        copy: @convention(c) (OpaquePointer?, OpaquePointer?, UnsafeRawPointer) -> UnsafeMutableRawPointer?,
        copyBetweenDatabases: @convention(c) (OpaquePointer, UnsafeRawPointer) -> UnsafeMutableRawPointer?
    ) {
        var table = unsafe redis_type_methods()
        unsafe table.version = UInt64(REDIS_TYPE_METHODS_VERSION)
        unsafe table.rdb_load = load
        unsafe table.rdb_save = save
        unsafe table.aof_rewrite = rewrite
        unsafe table.digest = digest
        unsafe table.mem_usage = memoryUsage
        unsafe table.free_effort = freeEffort
        unsafe table.unlink = { _, value in unsafe KeyDepartures.tell(value) }
        unsafe table.free = free
        unsafe table.copy = copy
        // Servers that know it prefer it, since it tells the database.
        unsafe table.copy2 = copyBetweenDatabases
        unsafe self.table = table
    }
}

/// The generic halves of a type's callbacks.
public enum StoredValueCallbacks<Value: StoredValue> {
    public static func load(_ io: OpaquePointer, _ version: Int32) -> UnsafeMutableRawPointer? {
        do throws(RDBError) {
            guard Int(version) <= Value.encodingVersion else { throw .newerEncoding(Int(version)) }
            let value = unsafe try Value.load(from: RDBReader(io), encodingVersion: Int(version))
            return unsafe Unmanaged.passRetained(value).toOpaque()
        } catch {
            let text = message(error)
            unsafe text.withCString { unsafe redis_log_io_error(io, StaticString("warning").cString, $0) }
            return nil
        }
    }

    public static func save(_ io: OpaquePointer, _ value: UnsafeMutableRawPointer) {
        unsafe borrow(value).save(to: RDBWriter(io))
    }

    public static func rewrite(_ io: OpaquePointer, _ key: OpaquePointer, _ value: UnsafeMutableRawPointer) {
        unsafe borrow(value).rewrite(to: AOFWriter(io, key: key))
    }

    public static func digest(_ digest: OpaquePointer, _ value: UnsafeMutableRawPointer) {
        unsafe borrow(value).digest(to: DigestWriter(digest))
    }

    public static func memoryUsage(_ value: UnsafeRawPointer) -> Int { unsafe borrow(value).memoryUsage }

    public static func freeEffort(_ value: UnsafeRawPointer) -> Int { unsafe borrow(value).freeEffort }

    public static func free(_ value: UnsafeMutableRawPointer) {
        unsafe KeyHold<Value>.end(value)
    }

    public static func copy(_ key: OpaquePointer?, _ value: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        unsafe copy(value, to: CopyDestination(key: key, database: nil))
    }

    public static func copyBetweenDatabases(
        _ context: OpaquePointer, _ value: UnsafeRawPointer
    ) -> UnsafeMutableRawPointer? {
        unsafe copy(value, to: CopyDestination(context))
    }

    private static func copy(
        _ value: UnsafeRawPointer, to destination: CopyDestination
    ) -> UnsafeMutableRawPointer? {
        unsafe Unmanaged.passRetained(borrow(value).copied(to: destination)).toOpaque()
    }

    // Safety: the server passes back the pointer that a key holds, which is a retained `Value`.
    private static func borrow(_ value: UnsafeRawPointer) -> Value {
        unsafe Unmanaged<Value>.fromOpaque(value).takeUnretainedValue()
    }

    private static func message(_ error: RDBError) -> String {
        switch error {
        case .truncated: "Experienced a short read while reading a \(Value.noun) from RDB"
        case .invalid(let remark): "The \(Value.noun) in the RDB is not valid: \(remark)"
        case .newerEncoding(let version):
            "Failed loading \(Value.noun), RedisAI version (\(version)) is not forward compatible."
        }
    }
}

/// The hold that a key has on its value.
enum KeyHold<Value: StoredValue> {
    /// Lets go of a value that a key held.
    static func end(_ value: UnsafeMutableRawPointer) {
        // Safety: the pointer that the key held, which is retained; this ends the hold.
        let value = unsafe Unmanaged<Value>.fromOpaque(value).takeRetainedValue()
        value.leftKeyspace()
    }
}
