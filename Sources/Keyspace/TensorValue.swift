import Redis
import Tensors

/// Tensors as values of keys: type `AI_TENSOR`.
extension Tensor: StoredValue {
    public static var typeName: StaticString { "AI_TENSOR" }
    public static var encodingVersion: Int { 4 }
    public static var noun: StaticString { "tensor" }

    public static func load(
        from reader: borrowing RDBReader, encodingVersion: Int
    ) throws(RDBError) -> Self {
        let fields =
            encodingVersion < 4
            ? try TensorFields.readVersion0(reader) : try TensorFields.readVersion4(reader)
        return try fields.tensor()
    }

    /// Another module may have written to its own, in a key, what the type does not allow: zeros then.
    @inline(__always)
    public var readable: Tensor { isUnchecked ? checked : self }

    private var checked: Tensor {
        // Without memory for zeros the process would be at its end with any other allocation, too.
        (try? snapshot()) ?? (try? Tensor(zerosOf: type, shape: shape)) ?? self
    }

    public func save(to writer: borrowing RDBWriter) {
        guard !isUnchecked else { return readable.save(to: writer) }
        let (code, bits) = TensorFields.code(of: type)
        writer.write(unsigned: code)
        writer.write(unsigned: bits)
        writer.write(signed: Int64(shape.rank))
        for axis in 0..<shape.rank { writer.write(signed: Int64(shape[axis])) }
        withBytes { writer.write($0) }
        visitStringOffsets { writer.write(count: $0) }
    }

    public func rewrite(to writer: borrowing AOFWriter) {
        writer.write("AI.TENSORSET", readable.commandWords(key: writer.key))
    }

    public func digest(to writer: borrowing DigestWriter) {
        guard !isUnchecked else { return readable.digest(to: writer) }
        writer.add(Int(type.rawValue))
        for axis in 0..<shape.rank { writer.add(shape[axis]) }
        withBytes { writer.add($0) }
        writer.endSequence()
    }

    public var memoryUsage: Int { memoryByteCount }

    public var freeEffort: Int { 1 }

    /// Tensors do not change, so both keys can hold the same one, but for those of other modules.
    public func copied(to destination: CopyDestination) -> Tensor {
        guard isWritable else { return self }
        return (try? snapshot()) ?? readable
    }

    // A run sends these on with each output.
    private static let typeWords = DataType.allCases.map { SharedWord($0.wireName) }
    private static let blobWord = SharedWord("BLOB")

    /// The words after `AI.TENSORSET` that make this tensor at `key`.
    public func commandWords(key: Argument) -> CommandWords {
        var words = CommandWords()
        words.append(key)
        words.append(Self.typeWords[Int(type.rawValue)])
        for axis in 0..<shape.rank { words.append(shape[axis]) }
        // One without elements says so, since no client may ask for it.
        guard !isZeros || shape.elementCount == 0 else { return words }
        words.append(Self.blobWord)
        withBytes { words.append(bytes: $0) }
        return words
    }
}

extension Tensor {
    /// Whether strings begin at these offsets, and there are no others.
    fileprivate func hasStringOffsets(_ offsets: [Int]) -> Bool {
        var index = 0
        var areEqual = true
        visitStringOffsets { offset in
            areEqual = areEqual && index < offsets.count && offsets[index] == offset
            index += 1
        }
        return areEqual && index == offsets.count
    }
}

/// A tensor's fields as they stand in an RDB payload, not checked against each other yet.
struct TensorFields {
    let code: UInt64
    let bits: UInt64
    let dimensions: [Int]
    let data: SharedBytes
    /// Present for strings only.
    let offsets: [Int]

    static func readVersion4(_ reader: borrowing RDBReader) throws(RDBError) -> TensorFields {
        let code = try reader.unsigned()
        let bits = try reader.unsigned()
        let rank = try reader.signed()
        guard rank >= 0 else { throw .invalid("a negative number of dimensions") }
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(Int(try reader.signed())) }
        let data = SharedBytes(try reader.block())
        var offsets: [Int] = []
        if dataType(code: code, bits: bits) == .string {
            let count = try shape(dimensions).elementCount
            // Each string has a byte at least. Twice, since the array grows.
            guard count <= data.count, TensorAllocator.hasRoom(for: 2 * count * MemoryLayout<Int>.stride)
            else { throw .invalid("more strings than there are bytes, or not enough memory") }
            for _ in 0..<count { offsets.append(try reader.count()) }
        }
        return TensorFields(code: code, bits: bits, dimensions: dimensions, data: data, offsets: offsets)
    }

    func tensor<Value: Tensor>() throws(RDBError) -> Value {
        guard let type = Self.dataType(code: code, bits: bits) else {
            throw .invalid("an unknown element type")
        }
        let shape = try Self.shape(dimensions)
        do throws(TensorError) {
            let tensor = try data.withBytes { bytes throws(TensorError) in
                // The original let a last byte other than 0 and 1 pass, and counts it as true.
                type == .bool
                    ? try Self.bools(shape, bytes) : try Value(type: type, shape: shape, copying: bytes)
            }
            guard let value = tensor as? Value else { preconditionFailure("a tensor of another class") }
            guard value.hasStringOffsets(offsets) else { throw .stringCountMismatch }
            return value
        } catch {
            throw .invalid("data that does not fit shape and type, or not enough memory")
        }
    }

    private static func bools(_ shape: TensorShape, _ bytes: Span<UInt8>) throws(TensorError) -> Tensor {
        guard bytes.count == shape.elementCount else {
            throw .byteCountMismatch(expected: shape.elementCount, actual: bytes.count)
        }
        return try Tensor(type: .bool, shape: shape) { target throws(TensorError) in
            for index in bytes.indices { target[index] = min(1, bytes[index]) }
        }
    }

    static func shape(_ dimensions: [Int]) throws(RDBError) -> TensorShape {
        do throws(TensorError) { return try TensorShape(dimensions) } catch {
            throw .invalid("dimensions that are negative or too large")
        }
    }

    // The codes of DLPack, and one of the original's own for strings.
    private static let integerCode: UInt64 = 0
    private static let unsignedCode: UInt64 = 1
    private static let floatCode: UInt64 = 2
    private static let bfloatCode: UInt64 = 4
    private static let boolCode: UInt64 = 6
    private static let stringCode: UInt64 = 7

    static func dataType(code: UInt64, bits: UInt64) -> DataType? {
        DataType.allCases.first { type in
            let own = self.code(of: type)
            return own.0 == code && own.1 == bits
        }
    }

    static func code(of type: DataType) -> (code: UInt64, bits: UInt64) {
        switch type {
        case .float32: (floatCode, 32)
        case .float64: (floatCode, 64)
        case .float16: (floatCode, 16)
        case .bfloat16: (bfloatCode, 16)
        case .int8: (integerCode, 8)
        case .int16: (integerCode, 16)
        case .int32: (integerCode, 32)
        case .int64: (integerCode, 64)
        case .uint8: (unsignedCode, 8)
        case .uint16: (unsignedCode, 16)
        case .uint32: (unsignedCode, 32)
        case .uint64: (unsignedCode, 64)
        case .bool: (boolCode, 8)
        case .string: (stringCode, 8)
        }
    }
}
