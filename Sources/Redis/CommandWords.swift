import CRedisModule

/// The words of a command that we send on: to replicas, to the AOF, or into one being rewritten.
///
/// Main thread, or the child process that rewrites the AOF.
@safe
public struct CommandWords: ~Copyable {
    private static let inlineCount = 8
    /// Numbers below this are kept as shared words: most dimensions are small.
    private static let smallNumberCount = 64
    private static let smallNumbers = (0..<smallNumberCount).map { SharedWord($0) }

    /// The words, if they are not more than fit: those of a small tensor take no memory here.
    private var few: InlineArray<8, OpaquePointer?> = unsafe InlineArray(repeating: nil)
    /// All words, if they are more than that.
    private var many: [OpaquePointer] = unsafe []
    private var count = 0

    public init() {}

    deinit {
        // Safety: each entry is a hold of our own.
        unsafe withVector { vector, count in
            for index in 0..<count { unsafe redis_FreeString(nil, vector[index]) }
        }
    }

    private mutating func append(_ string: OpaquePointer) {
        if count < Self.inlineCount {
            unsafe few[count] = string
        } else {
            if count == Self.inlineCount {
                for index in 0..<count { if let word = unsafe few[index] { unsafe many.append(word) } }
            }
            unsafe many.append(string)
        }
        count += 1
    }

    public mutating func append(_ word: StaticString) {
        unsafe append(redis_CreateString(nil, word.cString, word.utf8CodeUnitCount))
    }

    /// Shares a word that is made once.
    public mutating func append(_ word: SharedWord) {
        unsafe append(redis_HoldString(nil, word.string))
    }

    /// Copies the bytes.
    public mutating func append(bytes: Span<UInt8>) { unsafe append(Self.string(bytes)) }

    private static func string(_ bytes: Span<UInt8>) -> OpaquePointer {
        unsafe bytes.withUnsafeBytes { raw in
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe redis_CreateString(nil, start, raw.count)
        }
    }

    /// A string of the server's with these bytes; the caller frees it.
    static func string(_ bytes: [UInt8]) -> OpaquePointer { unsafe string(bytes.span) }

    public mutating func append(bytes: [UInt8]) { append(bytes: bytes.span) }

    public mutating func append(_ number: Int) {
        if number >= 0, number < Self.smallNumberCount { return append(Self.smallNumbers[number]) }
        unsafe append(redis_CreateStringFromLongLong(nil, Int64(number)))
    }

    /// Shares the server's string; its bytes are not copied.
    public mutating func append(_ argument: Argument) {
        unsafe append(redis_HoldString(nil, argument.string))
    }

    /// Shows the words as those of a command that was sent; valid during the call.
    public func withReader(_ body: (ArgumentReader) -> Void) {
        unsafe withVector { vector, count in
            // Safety: the vector has that many strings, which live as long as `self`.
            unsafe body(ArgumentReader(vector: vector, count: count))
        }
    }

    func withVector(_ body: (UnsafeMutablePointer<OpaquePointer>, Int) -> Void) {
        // Safety: the server only reads the vector and the strings; an entry below `count` is not nil.
        guard count <= Self.inlineCount else {
            return unsafe many.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                unsafe body(UnsafeMutablePointer(mutating: start), buffer.count)
            }
        }
        unsafe few.span.withUnsafeBufferPointer { buffer in
            guard let start = unsafe UnsafeMutableRawPointer(mutating: buffer.baseAddress) else { return }
            unsafe body(start.assumingMemoryBound(to: OpaquePointer.self), count)
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

    init(_ number: Int) { unsafe string = redis_CreateStringFromLongLong(nil, Int64(number)) }
}
