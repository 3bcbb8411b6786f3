import Tensors

/// The bytes of a text.
func bytes(of text: String) -> [UInt8] { Array(text.utf8) }

/// The bytes of numbers one after the other, the least significant byte first.
func bytes<Value: FixedWidthInteger>(of values: [Value]) -> [UInt8] {
    values.flatMap { value in
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// A tensor from its bytes.
func tensor(_ type: DataType, _ dimensions: [Int], _ bytes: [UInt8]) throws(TensorError) -> Tensor {
    try Tensor(type: type, shape: TensorShape(dimensions), copying: bytes.span)
}

/// A tensor from one text per element.
func tensor(_ type: DataType, _ dimensions: [Int], values: [[UInt8]]) throws(TensorError) -> Tensor {
    var builder = try TensorBuilder(type: type, shape: TensorShape(dimensions))
    for value in values { try builder.append(value.span) }
    return try builder.finish()
}

/// A tensor of one dimension from one text per element.
func tensor(_ type: DataType, values: String...) throws(TensorError) -> Tensor {
    try tensor(type, [values.count], values: values.map { bytes(of: $0) })
}

extension Tensor {
    /// Where its strings begin.
    var stringOffsets: [Int] {
        var offsets: [Int] = []
        visitStringOffsets { offsets.append($0) }
        return offsets
    }

    /// A copy of the bytes.
    var content: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }

    /// The address of the first byte.
    var address: UInt { withBytes { span in span.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } } }
}

/// Bytes that begin one byte behind an aligned address, and a flag that tells when they are let go of.
final class UnalignedBlock: @unchecked Sendable {
    private let block: UnsafeMutableRawPointer
    /// Only read when nobody else holds the bytes.
    private(set) var releaseCount = 0

    /// - Parameter shift: how far behind the aligned address the bytes begin.
    init(_ content: [UInt8], shift: Int = 1) {
        block = .allocate(byteCount: content.count + shift, alignment: TensorStorage.alignment)
        (block + shift).copyMemory(from: content, byteCount: content.count)
        self.shift = shift
        count = content.count
    }

    private let shift: Int
    private let count: Int

    deinit { block.deallocate() }

    /// The bytes; the block lives as long as they do.
    func shared() -> SharedBytes {
        SharedBytes(start: block + shift, count: count) { self.releaseCount += 1 }
    }
}
