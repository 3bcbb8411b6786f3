import Glibc

/// The memory of a tensor's elements: a block of its own, or bytes that somebody else holds.
///
/// The start of a block is 64-byte aligned: TensorFlow and LiteRT read without copying only then.
@safe
public struct TensorStorage: ~Copyable, @unchecked Sendable {
    /// What the vendors ask for.
    public static let alignment = 64

    /// Nil if the bytes are held by `owner`.
    private let block: UnsafeMutableRawPointer?
    private let owner: SharedBytes?
    private let start: UnsafeMutableRawPointer
    /// Bytes of elements.
    public let byteCount: Int

    /// Memory with arbitrary content.
    /// - Throws: `.outOfMemory`.
    public init(byteCount: Int) throws(TensorError) {
        let memory = unsafe try Self.alignedBlock(byteCount: byteCount)
        unsafe block = memory.block
        unsafe start = memory.start
        owner = nil
        self.byteCount = byteCount
    }

    /// Bytes that are read where they lie; never written.
    init(holding bytes: SharedBytes) {
        unsafe block = nil
        unsafe start = UnsafeMutableRawPointer(mutating: bytes.address)
        owner = bytes
        byteCount = bytes.count
    }

    deinit {
        // Safety: `block` came from the allocator, and this is its only owner.
        if let block = unsafe block { unsafe currentAllocator.free(block) }
    }

    /// Bytes of memory that the block takes, rounding included.
    public var allocatedByteCount: Int {
        // Safety: `block` is alive as long as `self`.
        if let block = unsafe block { return unsafe currentAllocator.size(block) }
        return owner?.allocatedByteCount ?? 0
    }

    /// Whether the bytes begin where runtimes want them.
    var isAligned: Bool { unsafe Int(bitPattern: start) & (Self.alignment - 1) == 0 }

    /// Where the bytes begin; valid as long as `self`.
    var address: UnsafeMutableRawPointer { unsafe start }

    /// Reads the bytes.
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe readable.span)
    }

    /// Writes the bytes, before the storage is shared.
    @inlinable
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe writable.mutableSpan
        return try body(&span)
    }

    /// From here on whole pages are given back to the kernel to be cleared.
    private static let largeByteCount = 1 << 20

    /// Sets all bytes to zero.
    ///
    /// Costs next to nothing for large blocks: the kernel drops the pages, and makes new ones of zeros when
    /// they are written, or shows one and the same as long as they are read.
    public mutating func clear() {
        let pageSize = Int(getpagesize())
        guard byteCount >= Self.largeByteCount else {
            // Safety: `start` has `byteCount` bytes, and `self` is not shared yet.
            unsafe memset(start, 0, byteCount)
            return
        }
        let (first, end) = unsafe (start.alignedUp(toMultipleOf: pageSize), start + byteCount)
        let last = unsafe (start + byteCount).alignedDown(toMultipleOf: pageSize)
        // Safety: the pages lie within the block, which is private memory as all of an allocator's is.
        if unsafe madvise(first, last - first, MADV_DONTNEED) == 0 {
            unsafe memset(start, 0, first - start)
            unsafe memset(last, 0, end - last)
        } else {
            unsafe memset(start, 0, byteCount)
        }
    }

    // Safety: `start` has `byteCount` bytes that live as long as `self`.
    @usableFromInline var readable: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)
    }

    // Safety: as above; only reached through a mutating method.
    @usableFromInline var writable: UnsafeMutableBufferPointer<UInt8> {
        unsafe UnsafeMutableBufferPointer(
            start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)
    }

    /// A block of the allocator and the first aligned address in it.
    ///
    /// A multiple of 64 comes aligned from jemalloc, so nothing is wasted there.
    private static func alignedBlock(
        byteCount: Int
    ) throws(TensorError) -> (block: UnsafeMutableRawPointer, start: UnsafeMutableRawPointer) {
        let mask = alignment - 1
        let (padded, overflow) = byteCount.addingReportingOverflow(2 * alignment)
        guard byteCount >= 0, !overflow else { throw .outOfMemory(byteCount: byteCount) }
        // Safety: both blocks come from the allocator; the first is freed here if it is not used.
        guard let first = unsafe currentAllocator.allocate(max(alignment, (byteCount + mask) & ~mask))
        else { throw .outOfMemory(byteCount: byteCount) }
        if Int(bitPattern: first) & mask == 0 { return unsafe (first, first) }
        unsafe currentAllocator.free(first)
        guard let second = unsafe currentAllocator.allocate(padded) else {
            throw .outOfMemory(byteCount: byteCount)
        }
        return unsafe (second, second.alignedUp(toMultipleOf: alignment))
    }
}
