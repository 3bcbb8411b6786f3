/// Cuts rows off a tensor, from the first on; each part has aligned memory of its own.
struct RowCutter {
    private let tensor: Tensor
    /// Where the next part begins.
    private var offset = 0

    /// - Precondition: not a scalar.
    init(_ tensor: Tensor) { self.tensor = tensor }

    /// Passes rows over.
    /// - Precondition: there are so many left.
    mutating func skip(_ rowCount: Int) throws(TensorError) {
        offset += try byteCount(of: tensor.shape.replacing(rowCount: rowCount))
    }

    /// The next rows.
    /// - Precondition: there are so many left.
    /// - Throws: `.outOfMemory`.
    mutating func next(_ rowCount: Int) throws(TensorError) -> Tensor {
        let shape = try tensor.shape.replacing(rowCount: rowCount)
        let byteCount = try byteCount(of: shape)
        let range = offset..<offset + byteCount
        var storage = try TensorStorage(byteCount: byteCount)
        tensor.withBytes { bytes in
            let part = bytes.extracting(range)
            storage.withMutableBytes { $0.copy(from: part) }
        }
        offset = range.upperBound
        return Tensor(unchecked: tensor.type, shape: shape, storage: storage)
    }

    /// Bytes of the next part; for strings one pass over them, since each has a length of its own.
    private func byteCount(of shape: TensorShape) throws(TensorError) -> Int {
        if let width = tensor.type.byteWidth { return try shape.byteCount(elementWidth: width) }
        return tensor.withBytes { bytes in
            var remaining = shape.elementCount
            var end = offset
            while remaining > 0 {
                if bytes[end] == 0 { remaining -= 1 }
                end += 1
            }
            return end - offset
        }
    }
}
