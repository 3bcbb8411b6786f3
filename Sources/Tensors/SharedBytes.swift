/// Immutable bytes with an owner, shared by reference count: a model as it was given.
///
/// The owner decides how the memory is kept: a string of the server, a block of its allocator, an array.
@safe
public final class SharedBytes: @unchecked Sendable {
    private let start: UnsafePointer<UInt8>?
    public let count: Int
    /// Bytes of memory that they take, the allocator's rounding included.
    public let allocatedByteCount: Int
    private let release: @Sendable () -> Void

    /// Bytes that lie at `start` until `release` is called, by the last owner, on any thread.
    public init(
        start: UnsafeRawPointer?, count: Int, allocatedByteCount: Int? = nil,
        release: @escaping @Sendable () -> Void
    ) {
        self.allocatedByteCount = allocatedByteCount ?? count
        unsafe self.start = start?.assumingMemoryBound(to: UInt8.self)
        self.count = count
        self.release = release
    }

    /// A copy of an array, for tests and small things.
    public convenience init(_ bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe copy.initialize(from: bytes)
        let address = Int(bitPattern: copy.baseAddress)
        unsafe self.init(start: UnsafeRawPointer(copy.baseAddress), count: bytes.count) {
            // Safety: allocated above, released once.
            unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
        }
    }

    deinit { release() }

    /// Where the bytes begin; valid as long as this object. Some address even if there are none.
    var address: UnsafeRawPointer {
        if let start = unsafe start { return unsafe UnsafeRawPointer(start) }
        return unsafe UnsafeRawPointer(StaticString("").utf8Start)
    }

    /// Reads the bytes.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: `start` has `count` bytes until `release`, which only `deinit` calls.
        try body(unsafe UnsafeBufferPointer(start: start, count: count).span)
    }
}
