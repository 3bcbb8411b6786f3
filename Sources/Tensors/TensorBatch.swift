/// Joins the inputs of several requests so that one run serves them all, and splits its outputs again.
///
/// Rows are what the first dimension counts; they lie one after the other, strings as well.
public enum TensorBatch {
    /// Why outputs cannot be given back to the requests.
    public enum SplitError: Error, Equatable, Sendable {
        /// An output has not one row for each row that went in; `actual` is nil if it has no rows at all,
        /// being a scalar or not a tensor.
        case rowCountMismatch(expected: Int, actual: Int?)
        /// A part cannot be made.
        case tensor(TensorError)
    }

    /// The rows that every input of a request has.
    /// - Returns: nil if it cannot be joined with others: it has no inputs, one of them is a scalar, or
    ///   they differ in their first dimension.
    public static func rowCount(of inputs: [Tensor]) -> Int? {
        guard let first = inputs.first else { return nil }
        let rowCount = first.shape.rowCount
        for input in inputs where input.shape.rank == 0 || input.shape.rowCount != rowCount { return nil }
        return rowCount
    }

    /// Joins inputs along the first dimension: result `[sum of rows, ...rest]` for each input.
    ///
    /// Copies each input once into one new aligned block; inputs need not be aligned.
    /// - Precondition: the requests have the same `BatchSignature`, and no input is a scalar.
    /// - Throws: `.shapeTooLarge`, `.outOfMemory`.
    public static func join(_ requests: [[Tensor]]) throws(TensorError) -> [Tensor] {
        guard let first = requests.first else { return [] }
        for request in requests {
            precondition(request.count == first.count, "joined requests differ in their number of inputs")
        }
        var joined: [Tensor] = []
        joined.reserveCapacity(first.count)
        for input in first.indices { joined.append(try join(input, of: requests, like: first[input])) }
        return joined
    }

    /// Cuts outputs `[sum of rows, ...rest]` into one part for each request, in order.
    ///
    /// The parts are copies, so that none keeps the memory of the others.
    /// - Parameter rows: what each request brought, at least 0.
    /// - Returns: for each request its part of every output.
    /// - Throws: `.rowCountMismatch`, also for an output that is not a tensor; `.tensor`.
    public static func split(_ outputs: [Tensor?], rows: [Int]) throws(SplitError) -> [[Tensor?]] {
        let total = rows.reduce(0, +)
        var whole: [Tensor] = []
        whole.reserveCapacity(outputs.count)
        for output in outputs {
            let actual = output.flatMap { $0.shape.rank == 0 ? nil : $0.shape.rowCount }
            guard let output, actual == total else {
                throw .rowCountMismatch(expected: total, actual: actual)
            }
            whole.append(output)
        }
        do throws(TensorError) {
            return try split(whole, rows: rows)
        } catch {
            throw .tensor(error)
        }
    }

    private static func split(_ outputs: [Tensor], rows: [Int]) throws(TensorError) -> [[Tensor?]] {
        var cutters = outputs.map { RowCutter($0) }
        var parts: [[Tensor?]] = []
        parts.reserveCapacity(rows.count)
        for rowCount in rows {
            var part: [Tensor?] = []
            part.reserveCapacity(cutters.count)
            for index in cutters.indices { part.append(try cutters[index].next(rowCount)) }
            parts.append(part)
        }
        return parts
    }

    private static func join(
        _ input: Int, of requests: [[Tensor]], like model: Tensor
    ) throws(TensorError) -> Tensor {
        var rowCount = 0
        var byteCount = 0
        for request in requests {
            let tensor = request[input]
            precondition(tensor.isJoinable(with: model), "joined requests differ in type or shape")
            try add(tensor.shape.rowCount, to: &rowCount)
            try add(tensor.byteCount, to: &byteCount)
        }
        let shape = try model.shape.replacing(rowCount: rowCount)
        var storage = try TensorStorage(byteCount: byteCount)
        var offset = 0
        for request in requests {
            request[input].withBytes { bytes in
                storage.withMutableBytes { $0.copy(from: bytes, at: offset) }
                offset += bytes.count
            }
        }
        return Tensor(unchecked: model.type, shape: shape, storage: storage)
    }

    private static func add(_ count: Int, to sum: inout Int) throws(TensorError) {
        let (next, overflow) = sum.addingReportingOverflow(count)
        guard !overflow else { throw .shapeTooLarge }
        sum = next
    }
}

extension Tensor {
    /// Whether type, rank and all dimensions but the first are the same; never for scalars.
    public func isJoinable(with other: Tensor) -> Bool {
        guard type == other.type, shape.rank == other.shape.rank, shape.rank > 0 else { return false }
        for index in 1..<max(1, shape.rank) where shape[index] != other.shape[index] {
            return false
        }
        return true
    }
}

extension TensorShape {
    /// The same shape with another first dimension.
    /// - Precondition: not for a scalar.
    /// - Throws: `.shapeTooLarge`.
    func replacing(rowCount: Int) throws(TensorError) -> TensorShape {
        var shape = TensorShape.scalar
        try shape.append(rowCount)
        for axis in 1..<rank { try shape.append(self[axis]) }
        return shape
    }
}
