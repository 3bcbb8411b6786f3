/// Makes a tensor from one text per element, as `VALUES` gives them.
///
/// Costs one parse per element and, for numbers, no memory beyond the tensor itself.
public struct TensorBuilder: ~Copyable {
    private let type: DataType
    private let shape: TensorShape
    private var storage: TensorStorage
    private var strings: [UInt8] = []
    private var count = 0

    /// - Throws: `.shapeTooLarge`, `.outOfMemory`.
    public init(type: DataType, shape: TensorShape) throws(TensorError) {
        self.type = type
        self.shape = shape
        let byteCount = try shape.byteCount(elementWidth: type.byteWidth ?? 0)
        storage = try TensorStorage(byteCount: byteCount)
    }

    /// Makes room for strings with so many bytes together; to be called before the first one.
    /// - Throws: `.outOfMemory`.
    public mutating func reserve(stringByteCount byteCount: Int) throws(TensorError) {
        let (total, overflow) = byteCount.addingReportingOverflow(shape.elementCount)
        guard !overflow, TensorAllocator.hasRoom(for: total) else {
            throw .outOfMemory(byteCount: byteCount)
        }
        strings.reserveCapacity(total)
    }

    /// Takes the next element, in row-major order.
    /// - Throws: `.invalidValue`, `.stringContainsNul`, `.valueCountMismatch`.
    public mutating func append(_ text: Span<UInt8>) throws(TensorError) {
        guard count < shape.elementCount else {
            throw .valueCountMismatch(expected: shape.elementCount, actual: count + 1)
        }
        switch type {
        case .float32: store(Float(try real(text)).bitPattern)
        case .float64: store(try real(text).bitPattern)
        case .float16: store(Float16(try real(text)).bitPattern)
        case .bfloat16: store(BFloat16(try real(text)).bitPattern)
        case .int8: store(try signed(text, as: Int8.self))
        case .int16: store(try signed(text, as: Int16.self))
        case .int32: store(try signed(text, as: Int32.self))
        case .int64: store(try signed(text, as: Int64.self))
        case .uint8: store(try integer(text, as: UInt8.self))
        case .uint16: store(try integer(text, as: UInt16.self))
        case .uint32: store(try integer(text, as: UInt32.self))
        case .uint64: store(try integer(text, as: UInt64.self))
        case .bool: store(try bool(text))
        case .string: try appendString(text)
        }
        count += 1
    }

    /// - Throws: `.valueCountMismatch` if elements are missing.
    public consuming func finish() throws(TensorError) -> Tensor {
        guard count == shape.elementCount else {
            throw .valueCountMismatch(expected: shape.elementCount, actual: count)
        }
        guard type != .string else {
            return try Tensor(type: .string, shape: shape, copying: strings.span)
        }
        return Tensor(unchecked: type, shape: shape, storage: storage)
    }

    private mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        let offset = count * MemoryLayout<Value>.size
        storage.withMutableBytes { bytes in
            for index in 0..<MemoryLayout<Value>.size {
                bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
            }
        }
    }

    private mutating func appendString(_ text: Span<UInt8>) throws(TensorError) {
        // One NUL at the end is the client's own terminator.
        let hasTerminator = !text.isEmpty && text[text.count - 1] == 0
        let length = hasTerminator ? text.count - 1 : text.count
        for index in 0..<length {
            guard text[index] != 0 else { throw .stringContainsNul }
            strings.append(text[index])
        }
        strings.append(0)
    }

    private func real(_ text: Span<UInt8>) throws(TensorError) -> Double {
        guard let value = NumberText.real(text) else { throw .invalidValue }
        return value
    }

    private func integer<Value: FixedWidthInteger>(
        _ text: Span<UInt8>, as type: Value.Type
    ) throws(TensorError) -> Value {
        guard let value = NumberText.integer(text, as: type) else { throw .invalidValue }
        return value
    }

    /// The type's minimum is refused as the original does, whose clients test for it.
    private func signed<Value: FixedWidthInteger>(
        _ text: Span<UInt8>, as type: Value.Type
    ) throws(TensorError) -> Value {
        let value = try integer(text, as: type)
        guard value != Value.min else { throw .invalidValue }
        return value
    }

    private func bool(_ text: Span<UInt8>) throws(TensorError) -> UInt8 {
        let value = try integer(text, as: UInt8.self)
        guard value <= 1 else { throw .invalidValue }
        return value
    }
}
