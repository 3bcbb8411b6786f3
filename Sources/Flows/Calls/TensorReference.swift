import Messages
import Tensors

/// A tensor as it stands in what Python asks: the number of one of the server's, or elements of Python's own.
enum TensorReference {
    case held(Int)
    case bytes(DataType, TensorShape, ArraySlice<UInt8>)
    /// The first bytes of a region of Python's.
    case region(DataType, TensorShape, number: Int, byteCount: Int)

    /// - Throws: `.invalidCall`; `.command` if there is no such type or shape.
    init(_ value: MessageValue) throws(FlowError) {
        if let number = value.asInt {
            self = .held(number)
            return
        }
        guard let parts = value.asList, parts.count == 3 || parts.count == 4, let name = parts[0].asBytes,
            let list = parts[1].asList
        else { throw .invalidCall }
        guard let type = DataType(wireName: Array(name).span) else { throw .command(.invalidDataType) }
        let shape = try Self.shape(list)
        if parts.count == 3 {
            guard let bytes = parts[2].asBytes else { throw .invalidCall }
            self = .bytes(type, shape, bytes)
        } else {
            guard let number = parts[2].asInt, let byteCount = parts[3].asInt, byteCount >= 0 else {
                throw .invalidCall
            }
            self = .region(type, shape, number: number, byteCount: byteCount)
        }
    }

    private static func shape(_ list: [MessageValue]) throws(FlowError) -> TensorShape {
        var shape = TensorShape.scalar
        for dimension in list {
            guard let dimension = dimension.asInt else { throw .invalidCall }
            guard dimension >= 0 else { throw .command(.invalidShape) }
            do throws(TensorError) { try shape.append(dimension) } catch { throw .command(.init(error)) }
        }
        return shape
    }

    /// Bytes of memory that the tensor takes beyond what there is.
    private var newByteCount: Int {
        switch self {
        case .held: 0
        case .bytes(_, _, let bytes): bytes.count
        // Strings are copied twice, since they may change while they are looked at.
        case .region(let type, _, _, let byteCount): type == .string ? byteCount.doubled : byteCount
        }
    }

    /// The tensors that all references stand for.
    /// - Throws: `.invalidCall`, `.command`; `ObjectError.unknown`, `.sharedMemory`.
    static func tensors(
        _ references: [MessageValue], of connection: FlowConnection
    ) throws(FlowError) -> [Tensor] {
        var read: [TensorReference] = []
        read.reserveCapacity(references.count)
        var byteCount = 0
        for value in references {
            let reference = try TensorReference(value)
            byteCount = byteCount.addingClamped(reference.newByteCount)
            read.append(reference)
        }
        guard TensorAllocator.hasRoom(for: byteCount) else { throw .command(.execution(.outOfMemory)) }
        var tensors: [Tensor] = []
        tensors.reserveCapacity(read.count)
        for reference in read { tensors.append(try reference.tensor(of: connection)) }
        return tensors
    }

    private func tensor(of connection: FlowConnection) throws(FlowError) -> Tensor {
        switch self {
        case .held(let number): return try connection.held.tensor(number)
        case .bytes(let type, let shape, let bytes):
            return try Self.made { () throws(TensorError) in
                try Tensor(type: type, shape: shape, copying: bytes.span)
            }
        case .region(let type, let shape, let number, let byteCount):
            try connection.elements.check(number, byteCount: byteCount)
            return try Self.made { () throws(TensorError) in
                guard let width = type.byteWidth else {
                    return try Self.strings(shape, number, byteCount, of: connection)
                }
                let expected = try shape.byteCount(elementWidth: width)
                guard byteCount == expected else {
                    throw .byteCountMismatch(expected: expected, actual: byteCount)
                }
                return try Self.numbers(type, shape, number, of: connection)
            }
        }
    }

    /// - Precondition: the region has as many bytes as shape and type ask for.
    private static func numbers(
        _ type: DataType, _ shape: TensorShape, _ number: Int, of connection: FlowConnection
    ) throws(TensorError) -> Tensor {
        try Tensor(type: type, shape: shape) { target throws(TensorError) in
            guard connection.elements.copy(number, into: &target) else {
                throw .byteCountMismatch(expected: target.count, actual: 0)
            }
            guard type == .bool else { return }
            for index in target.indices where target[index] > 1 { throw .invalidBool }
        }
    }

    private static func strings(
        _ shape: TensorShape, _ number: Int, _ byteCount: Int, of connection: FlowConnection
    ) throws(TensorError) -> Tensor {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var target = bytes.mutableSpan
        guard connection.elements.copy(number, into: &target) else {
            throw .byteCountMismatch(expected: byteCount, actual: 0)
        }
        return try Tensor(type: .string, shape: shape, copying: bytes.span)
    }

    private static func made(_ body: () throws(TensorError) -> Tensor) throws(FlowError) -> Tensor {
        do throws(TensorError) { return try body() } catch { throw .command(.init(error)) }
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate var doubled: Int { addingClamped(self) }
}
