import CRedisModule

/// The server's side of a call: with one you are on the main thread, without one you are not.
///
/// It cannot be copied or kept beyond the call.
@safe
public struct RedisContext: ~Copyable {
    let pointer: OpaquePointer

    /// - Parameter pointer: the context of a call by the server, which outlives this value.
    public init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// The database that the client has selected.
    public var database: Int32 { unsafe redis_GetSelectedDb(pointer) }

    /// What kind of call this is.
    public var flags: ContextFlags { unsafe ContextFlags(rawValue: redis_GetContextFlags(pointer)) }

    /// The same of the server, for who has no context.
    public static var serverFlags: ContextFlags {
        ContextFlags(rawValue: redis_GetContextFlags(nil))
    }

    /// The server's name in its cluster, 40 digits; nil outside of one.
    public var clusterNodeID: [UInt8]? {
        guard flags.contains(.cluster), let name = unsafe redis_GetMyClusterID() else { return nil }
        // Safety: the server's own, of this length, without an end.
        return unsafe [UInt8](UnsafeRawBufferPointer(start: name, count: Self.nodeIDLength))
    }

    private static var nodeIDLength: Int { 40 }

    /// Whether the server asks only for the positions of the command's keys.
    @inline(__always)
    public var isAskedForKeys: Bool { unsafe redis_IsKeysPositionRequest(pointer) != 0 }

    /// Tells the server that the word at `position` is a key that is read, or written.
    public func reportKey(at position: Int, isWritten: Bool) {
        report(position, isWritten ? REDIS_KEY_OW | REDIS_KEY_UPDATE : REDIS_KEY_RO | REDIS_KEY_ACCESS)
    }

    /// Tells the server that the word at `position` is a key that may be read and changed.
    public func reportUpdatedKey(at position: Int) {
        report(position, REDIS_KEY_RW | REDIS_KEY_ACCESS | REDIS_KEY_UPDATE)
    }

    /// Tells the server that the word at `position` says where in a cluster the command belongs, and is
    /// not touched. To servers before 7.0 it is a key like others.
    public func reportRoute(at position: Int) { report(position, REDIS_KEY_NOT_KEY) }

    private func report(_ position: Int, _ flags: Int) {
        guard redis_has_KeyAtPosWithFlags() else {
            return unsafe redis_KeyAtPos(pointer, Int32(position))
        }
        unsafe redis_KeyAtPosWithFlags(pointer, Int32(position), Int32(flags))
    }

    /// Sends the command as it was typed to replicas and the AOF; counts one change of the data.
    public func replicateVerbatim() { _ = unsafe redis_ReplicateVerbatim(pointer) }

    /// Sends another command to replicas and the AOF, in this context's database; counts one change of the
    /// data.
    public func replicate(_ name: StaticString, _ words: borrowing CommandWords) {
        unsafe words.withVector { vector, count in
            // Safety: the words live as long as `words`; the server takes its own hold.
            _ = unsafe redis_replicate(pointer, name.cString, vector, count)
        }
    }
}

/// What kind of call a context belongs to.
public struct ContextFlags: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let script = ContextFlags(rawValue: Int32(REDIS_CONTEXT_LUA))
    public static let transaction = ContextFlags(rawValue: Int32(REDIS_CONTEXT_MULTI))
    public static let replica = ContextFlags(rawValue: Int32(REDIS_CONTEXT_SLAVE))
    static let cluster = ContextFlags(rawValue: Int32(REDIS_CONTEXT_CLUSTER))
    /// An AOF is written, or about to be.
    static let appendsToFile = ContextFlags(rawValue: Int32(REDIS_CONTEXT_AOF))
    /// The server is a replica that takes writes from its master only.
    public static let readOnly = ContextFlags(rawValue: Int32(REDIS_CONTEXT_READONLY))
    /// The command came from the master.
    public static let replicated = ContextFlags(rawValue: Int32(REDIS_CONTEXT_REPLICATED))
    /// The command comes from the AOF while the server starts.
    public static let loading = ContextFlags(rawValue: Int32(REDIS_CONTEXT_LOADING))
    /// More memory is used than `maxmemory` allows.
    public static let outOfMemory = ContextFlags(rawValue: Int32(REDIS_CONTEXT_OOM))
    public static let cannotBlock = ContextFlags(rawValue: Int32(REDIS_CONTEXT_DENY_BLOCKING))
    public static let isRESP3 = ContextFlags(rawValue: Int32(REDIS_CONTEXT_RESP3))
}

extension StaticString {
    /// The NUL-terminated text; static memory.
    var cString: UnsafePointer<CChar> {
        // Safety: a static string's bytes never move or go away, and a CChar is a byte.
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
