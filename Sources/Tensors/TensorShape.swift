/// The dimensions of a tensor, row-major, outermost first; empty for a scalar.
///
/// Up to four dimensions take no memory beside the value itself.
public struct TensorShape: Equatable, Sendable {
    private static let inlineRank = 4

    /// The number of dimensions; 0 for a scalar.
    public private(set) var rank = 0
    /// The dimensions, if they are not more than fit.
    private var few = InlineArray<4, Int>(repeating: 0)
    /// The dimensions, if they are more than that.
    private var many: [Int]?
    /// The product of the dimensions that are not 0.
    private var product = 1
    private var hasZero = false

    /// The shape `[]` of a single value.
    public static var scalar: TensorShape { TensorShape() }

    private init() {}

    /// - Throws: `.shapeTooLarge` if a dimension is negative or the product does not fit into an `Int`.
    ///   Dimensions of 0 do not hide an overflow of the others.
    public init(_ dimensions: [Int]) throws(TensorError) {
        for dimension in dimensions { try append(dimension) }
    }

    /// Adds an innermost dimension.
    /// - Throws: `.shapeTooLarge` as above; the shape is of no use then.
    @inline(__always)
    public mutating func append(_ dimension: Int) throws(TensorError) {
        guard dimension >= 0 else { throw .shapeTooLarge }
        if dimension == 0 {
            hasZero = true
        } else {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .shapeTooLarge }
            product = next
        }
        if rank < Self.inlineRank { few[rank] = dimension } else { appendBeyond(dimension) }
        rank += 1
    }

    private mutating func appendBeyond(_ dimension: Int) {
        if many == nil { many = (0..<rank).map { few[$0] } }
        // In place: a client may give any number of dimensions.
        many?.append(dimension)
    }

    /// The product of the dimensions: 1 for a scalar, 0 if any dimension is 0.
    public var elementCount: Int { hasZero ? 0 : product }

    /// The dimension of an axis, each at least 0.
    /// - Precondition: `axis` is in `0..<rank`.
    public subscript(axis: Int) -> Int {
        precondition(axis < rank, "an axis that the shape does not have")
        guard let many else { return few[axis] }
        return many[axis]
    }

    /// The first dimension, along which requests can be joined; 1 for a scalar.
    public var rowCount: Int { rank > 0 ? self[0] : 1 }

    /// All dimensions in an array of their own.
    public var dimensions: [Int] { (0..<rank).map { self[$0] } }

    /// Reads the dimensions where they lie.
    @inline(__always)
    public func withDimensions<Result, Failure: Error>(
        _ body: (Span<Int>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let many else { return try body(few.span.extracting(0..<rank)) }
        return try body(many.span)
    }

    /// Bytes of a tensor with elements of `width` bytes.
    /// - Throws: `.shapeTooLarge` if that does not fit into an `Int`.
    public func byteCount(elementWidth width: Int) throws(TensorError) -> Int {
        let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: width)
        guard !overflow else { throw .shapeTooLarge }
        return bytes
    }

    /// Bytes of memory that the dimensions take beside the value.
    var memoryByteCount: Int { many.map { 32 + $0.count * MemoryLayout<Int>.stride } ?? 0 }

    public static func == (left: TensorShape, right: TensorShape) -> Bool {
        guard left.rank == right.rank else { return false }
        for axis in 0..<left.rank where left[axis] != right[axis] { return false }
        return true
    }
}
