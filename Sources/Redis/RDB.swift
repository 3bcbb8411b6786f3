import CRedisModule

/// Why a value cannot be read from an RDB file or a `RESTORE` payload.
public enum RDBError: Error {
    /// The input ended, or could not be read.
    case truncated
    /// The fields contradict each other or the type; the remark goes to the log.
    case invalid(StaticString)
    /// Written by a newer version of the type.
    case newerEncoding(Int)
}

/// Reads the fields of one value; each read is checked.
@safe
public struct RDBReader: ~Copyable {
    let io: OpaquePointer

    init(_ io: OpaquePointer) { unsafe self.io = io }

    public func unsigned() throws(RDBError) -> UInt64 {
        let value = unsafe redis_LoadUnsigned(io)
        try check()
        return value
    }

    public func signed() throws(RDBError) -> Int64 {
        let value = unsafe redis_LoadSigned(io)
        try check()
        return value
    }

    /// An unsigned field that is used as a count or size.
    public func count() throws(RDBError) -> Int {
        guard let value = Int(exactly: try unsigned()) else { throw .invalid("a count beyond the range") }
        return value
    }

    /// A string field, in the server's own buffer.
    public func block() throws(RDBError) -> ServerBlock {
        var length = 0
        let start = unsafe redis_LoadStringBuffer(io, &length)
        guard let start = unsafe start else { throw .truncated }
        let block = unsafe ServerBlock(adopting: start, count: length)
        try check()
        return block
    }

    /// A short string field, copied.
    public func bytes() throws(RDBError) -> [UInt8] {
        let block = try block()
        guard ServerMemory.hasRoom(for: block.count) else { throw .invalid("not enough memory for a text") }
        return block.bytes
    }

    private func check() throws(RDBError) {
        guard unsafe redis_IsIOError(io) == 0 else { throw .truncated }
    }
}

/// Writes the fields of one value; runs in a forked child too, so it takes no lock.
@safe
public struct RDBWriter: ~Copyable {
    private let io: OpaquePointer

    init(_ io: OpaquePointer) { unsafe self.io = io }

    public func write(unsigned value: UInt64) { unsafe redis_SaveUnsigned(io, value) }
    public func write(signed value: Int64) { unsafe redis_SaveSigned(io, value) }
    public func write(count: Int) { write(unsigned: UInt64(count)) }

    public func write(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            // Safety: the server reads `count` bytes before it returns; it wants an address even for none.
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            unsafe redis_SaveStringBuffer(io, start ?? StaticString("").cString, raw.count)
        }
    }

    public func write(_ bytes: [UInt8]) { write(bytes.span) }
}

/// Writes one value as commands into an AOF that is being rewritten; in a forked child.
@safe
public struct AOFWriter: ~Copyable {
    private let io: OpaquePointer
    /// The value's key.
    public let key: Argument

    init(_ io: OpaquePointer, key: OpaquePointer) {
        unsafe self.io = io
        unsafe self.key = Argument(key)
    }

    public func write(_ name: StaticString, _ words: borrowing CommandWords) {
        unsafe words.withVector { vector, count in
            // Safety: the server reads the words before it returns.
            unsafe redis_emit_aof(io, name.cString, vector, count)
        }
    }
}

/// Collects what makes two values equal, for `DEBUG DIGEST-VALUE`.
@safe
public struct DigestWriter: ~Copyable {
    private let digest: OpaquePointer

    init(_ digest: OpaquePointer) { unsafe self.digest = digest }

    public func add(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            // Safety: the server reads `count` bytes before it returns.
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            unsafe redis_DigestAddStringBuffer(digest, start ?? StaticString("").cString, raw.count)
        }
    }

    public func add(_ bytes: [UInt8]) { add(bytes.span) }

    public func add(_ value: Int) { unsafe redis_DigestAddLongLong(digest, Int64(value)) }

    /// Ends one group whose order matters.
    public func endSequence() { unsafe redis_DigestEndSequence(digest) }
}
