import CRedisModule
import Glibc

/// One word of a command: bytes of the server's, valid while the command runs or while it is retained.
///
/// Main thread only; worker threads may read the bytes of a retained one, never retain or release it.
@safe
public struct Argument {
    let string: OpaquePointer

    @inline(__always)
    public init(_ string: OpaquePointer) { unsafe self.string = string }

    /// Reads the bytes.
    @inline(__always)
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var length = 0
        // Safety: the server's string lives longer than `body`, which cannot keep the span.
        let start = unsafe redis_StringPtrLen(string, &length)
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: length)
        return try body(unsafe buffer.assumingMemoryBound(to: UInt8.self).span)
    }

    /// Whether this is the upper-case word, in any case.
    @inline(__always)
    public func matches(_ word: StaticString) -> Bool {
        withBytes { bytes in
            guard bytes.count == word.utf8CodeUnitCount else { return false }
            return word.withUTF8Buffer { letters in
                let letters = unsafe letters.span
                for index in bytes.indices {
                    let byte = bytes[index]
                    let upper = byte >= 0x61 && byte <= 0x7A ? byte &- 0x20 : byte
                    if upper != letters[index] { return false }
                }
                return true
            }
        }
    }

    /// The number of bytes.
    public var byteCount: Int { withBytes { $0.count } }

    /// A copy of the bytes.
    public var bytes: [UInt8] {
        withBytes { span in
            unsafe [UInt8](unsafeUninitializedCapacity: span.count) { buffer, count in
                for index in span.indices { unsafe buffer.initializeElement(at: index, to: span[index]) }
                count = span.count
            }
        }
    }

    /// The text, for messages; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A plain decimal as the server reads it; nil if it is not one or does not fit.
    @inline(__always)
    public var integer: Int? {
        var value: Int64 = 0
        return unsafe redis_StringToLongLong(string, &value) == REDIS_OK ? Int(value) : nil
    }

    /// A floating-point number as the server reads it.
    public var real: Double? {
        var value = 0.0
        return unsafe redis_StringToDouble(string, &value) == REDIS_OK ? value : nil
    }
}

/// Words are equal if their bytes are; case counts, as in names of keys.
extension Argument: Hashable {
    public static func == (left: Argument, right: Argument) -> Bool {
        var (count, otherCount) = (0, 0)
        // Safety: both strings live during the call, and only bytes of theirs are compared.
        let start = unsafe redis_StringPtrLen(left.string, &count)
        let otherStart = unsafe redis_StringPtrLen(right.string, &otherCount)
        return unsafe count == otherCount && memcmp(start, otherStart, count) == 0
    }

    public func hash(into hasher: inout Hasher) {
        withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) } }
    }
}

/// Words that outlive their command, such as the output keys of a run on a worker.
///
/// Made and released on the main thread, since the server's counts are not atomic.
public final class RetainedArguments: @unchecked Sendable {
    public private(set) var arguments: [Argument]

    /// Takes a hold on each.
    public init(_ arguments: some Collection<Argument>) {
        for argument in arguments {
            // Safety: a live string of the command; the hold ends in `release()`.
            _ = unsafe redis_HoldString(nil, argument.string)
        }
        self.arguments = Array(arguments)
    }

    /// Ends the holds; the arguments are gone afterwards. Main thread.
    public func release() {
        // Safety: each was held once by `init`.
        for argument in arguments { unsafe redis_FreeString(nil, argument.string) }
        arguments = []
    }
}
