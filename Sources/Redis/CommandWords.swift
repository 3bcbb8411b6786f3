import CRedisModule

/// The words of a command that we send on: to replicas, to the AOF, or into one being rewritten.
///
/// Main thread, or the child process that rewrites the AOF.
@safe
public struct CommandWords: ~Copyable {
    private var strings: [OpaquePointer]

    public init(capacity: Int) {
        unsafe strings = []
        unsafe strings.reserveCapacity(capacity)
    }

    deinit {
        // Safety: each entry is a hold of our own.
        for index in unsafe strings.indices { unsafe redis_FreeString(nil, strings[index]) }
    }

    public mutating func append(_ word: StaticString) {
        unsafe strings.append(redis_CreateString(nil, word.cString, word.utf8CodeUnitCount))
    }

    /// Shares a word that is made once.
    public mutating func append(_ word: SharedWord) {
        unsafe strings.append(redis_HoldString(nil, word.string))
    }

    /// Copies the bytes.
    public mutating func append(bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            unsafe strings.append(redis_CreateString(nil, start, raw.count))
        }
    }

    public mutating func append(bytes: [UInt8]) { append(bytes: bytes.span) }

    public mutating func append(_ number: Int) {
        unsafe strings.append(redis_CreateStringFromLongLong(nil, Int64(number)))
    }

    /// Shares the server's string; its bytes are not copied.
    public mutating func append(_ argument: Argument) {
        unsafe strings.append(redis_HoldString(nil, argument.string))
    }

    func withVector(_ body: (UnsafeMutablePointer<OpaquePointer>, Int) -> Void) {
        // Safety: the server only reads the vector and the strings.
        unsafe strings.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe body(UnsafeMutablePointer(mutating: start), buffer.count)
        }
    }
}

/// A word that is sent on often: one string of the server's, made at first use and kept for ever.
///
/// Main thread, or a forked child.
@safe
public final class SharedWord: @unchecked Sendable {
    let string: OpaquePointer

    public init(_ word: StaticString) {
        unsafe string = redis_CreateString(nil, word.cString, word.utf8CodeUnitCount)
    }
}
