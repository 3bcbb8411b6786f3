import Synchronization

/// A typed, shaped, immutable block of elements, shared by reference count across threads.
///
/// Row-major and contiguous. Strings lie back to back, each ended by one NUL byte. One that was made to be
/// written to may be, as long as nobody reads it.
public final class Tensor: Sendable {
    public let type: DataType
    public let shape: TensorShape
    /// Whether it was made as one of zeros, so that nobody needs to be sent its bytes.
    public let isZeros: Bool
    /// Whether it was made to be written to, by who made it.
    public let isWritable: Bool
    /// Whether its bytes may be other than its type asks for: who has made it can write to them.
    public let isUnchecked: Bool
    // Safety: replaced by `replaceElements` only, while nobody else reads the tensor.
    @usableFromInline nonisolated(unsafe) var storage: TensorStorage
    /// What somebody has worked out of type, shape and number of bytes, so that it is not done at each run;
    /// 0 = nothing yet. Any thread.
    public let sizeNote = Atomic<UInt64>(0)
    /// The same elements at an aligned address, once a run has asked for them.
    private let alignedCopy = AtomicLazyReference<Tensor>()

    /// Takes over storage whose size and content the caller has checked.
    /// - Precondition: the byte count is what shape and type ask for.
    private init(
        type: DataType, shape: TensorShape, storage: consuming TensorStorage, isZeros: Bool = false,
        isWritable: Bool = false
    ) {
        self.type = type
        self.shape = shape
        self.isZeros = isZeros
        self.isWritable = isWritable
        isUnchecked = isWritable && (type == .string || type == .bool)
        unsafe self.storage = storage
    }

    /// Keeps `bytes` without copying them, checked as those of `init(type:shape:copying:)` are.
    ///
    /// For large tensors that are stored and read back; the first run copies them once, see `aligned`.
    /// - Throws: as `init(type:shape:copying:)`.
    public convenience init(
        type: DataType, shape: TensorShape, holding bytes: SharedBytes
    ) throws(TensorError) {
        try bytes.withBytes { span throws(TensorError) in
            try Self.check(span, type: type, shape: shape)
        }
        self.init(type: type, shape: shape, storage: TensorStorage(holding: bytes))
    }

    /// The same tensor with its bytes 64-byte aligned, as runtimes want them: itself if they are.
    ///
    /// The copy is kept as long as the tensor; any thread.
    /// - Throws: `.outOfMemory`.
    public func aligned() throws(TensorError) -> Tensor {
        if isAligned { return self }
        if let copy = alignedCopy.load() { return copy }
        var copied = try TensorStorage(byteCount: byteCount)
        withBytes { bytes in copied.withMutableBytes { $0.copy(from: bytes) } }
        return alignedCopy.storeIfNil(Tensor(type: type, shape: shape, storage: copied))
    }

    /// Zeros, or for strings as many empty ones.
    /// - Throws: `.shapeTooLarge`, `.outOfMemory`.
    public convenience init(zerosOf type: DataType, shape: TensorShape) throws(TensorError) {
        var storage = try TensorStorage(byteCount: shape.byteCount(elementWidth: type.byteWidth ?? 1))
        storage.clear()
        self.init(type: type, shape: shape, storage: storage, isZeros: true)
    }

    /// Zeros, or empty strings, to be written to by who makes it.
    /// - Throws: `.shapeTooLarge`, `.outOfMemory`.
    public convenience init(writableZerosOf type: DataType, shape: TensorShape) throws(TensorError) {
        var storage = try TensorStorage(byteCount: shape.byteCount(elementWidth: type.byteWidth ?? 1))
        storage.clear()
        self.init(type: type, shape: shape, storage: storage, isWritable: true)
    }

    /// A copy that nobody writes to.
    /// - Throws: `.invalidBool`, `.stringCountMismatch` if an unchecked one holds what it must not;
    ///   `.outOfMemory`.
    public func snapshot() throws(TensorError) -> Tensor {
        try withBytes { bytes throws(TensorError) in try Tensor(type: type, shape: shape, copying: bytes) }
    }

    /// Writes all elements anew, checked as those of `init(type:shape:copying:)` are.
    ///
    /// - Precondition: it is writable, and nobody reads it meanwhile.
    /// - Throws: as `init(type:shape:copying:)`; nothing has changed then.
    public func replaceElements(copying bytes: Span<UInt8>) throws(TensorError) {
        precondition(isWritable, "a tensor that others share was to be written to")
        try Self.check(bytes, type: type, shape: shape)
        guard byteCount != bytes.count else {
            return unsafe storage.withMutableBytes { $0.copy(from: bytes) }
        }
        // The bytes may lie in the block that goes with this.
        var replaced = try TensorStorage(byteCount: bytes.count)
        replaced.withMutableBytes { $0.copy(from: bytes) }
        unsafe storage = replaced
        sizeNote.store(0, ordering: .relaxed)
    }

    /// A copy of `bytes`, checked as the `BLOB` of `AI.TENSORSET` is.
    /// - Throws: `.byteCountMismatch`, `.invalidBool`, `.stringCountMismatch`, `.shapeTooLarge`,
    ///   `.outOfMemory`.
    public convenience init(
        type: DataType, shape: TensorShape, copying bytes: Span<UInt8>
    ) throws(TensorError) {
        try Self.check(bytes, type: type, shape: shape)
        var storage = try TensorStorage(byteCount: bytes.count)
        storage.withMutableBytes { $0.copy(from: bytes) }
        self.init(type: type, shape: shape, storage: storage)
    }

    /// Elements written in place by `fill`, which gets exactly the bytes that shape and type ask for.
    ///
    /// - Precondition: not for strings. `fill` writes every byte, and 0 or 1 for BOOL.
    /// - Throws: `.shapeTooLarge`, `.outOfMemory`, or what `fill` throws.
    @inlinable
    public convenience init(
        type: DataType, shape: TensorShape,
        filledBy fill: (inout MutableSpan<UInt8>) throws(TensorError) -> Void
    ) throws(TensorError) {
        let width = type.byteWidth ?? 0
        var storage = try TensorStorage(byteCount: shape.byteCount(elementWidth: width))
        try storage.withMutableBytes(fill)
        self.init(unchecked: type, shape: shape, storage: storage)
    }

    @usableFromInline
    convenience init(unchecked type: DataType, shape: TensorShape, storage: consuming TensorStorage) {
        self.init(type: type, shape: shape, storage: storage)
    }

    /// Whether the bytes begin where runtimes want them.
    public var isAligned: Bool { unsafe storage.isAligned }

    /// Bytes of elements.
    public var byteCount: Int { unsafe storage.byteCount }

    /// Where the elements lie, as long as the tensor does and is not written anew. Nobody writes there unless
    /// it is writable.
    public var firstByte: UnsafeMutableRawPointer { unsafe storage.address }

    /// Bytes of memory that this tensor takes: its block, itself and its shape.
    public var memoryByteCount: Int {
        let header = instanceByteCount + shape.memoryByteCount
        return unsafe storage.allocatedByteCount + header + (alignedCopy.load()?.memoryByteCount ?? 0)
    }

    /// Reads the elements as bytes.
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe storage.withBytes(body)
    }

    private static func check(
        _ bytes: Span<UInt8>, type: DataType, shape: TensorShape
    ) throws(TensorError) {
        guard let width = type.byteWidth else { return try checkStrings(bytes, count: shape.elementCount) }
        let expected = try shape.byteCount(elementWidth: width)
        guard bytes.count == expected else {
            throw .byteCountMismatch(expected: expected, actual: bytes.count)
        }
        guard type == .bool else { return }
        for index in bytes.indices where bytes[index] > 1 { throw .invalidBool }
    }

    private static func checkStrings(_ bytes: Span<UInt8>, count: Int) throws(TensorError) {
        var terminators = 0
        for index in bytes.indices where bytes[index] == 0 { terminators &+= 1 }
        let isTerminated = bytes.isEmpty || bytes[bytes.count - 1] == 0
        guard terminators == count, isTerminated else { throw .stringCountMismatch }
    }
}

/// The object itself: header, shape, storage and the reference to a copy.
private let instanceByteCount = 128
