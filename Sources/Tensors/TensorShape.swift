/// The dimensions of a tensor, row-major, outermost first; empty for a scalar.
public struct TensorShape: Equatable, Sendable {
    /// Each at least 0.
    public let dimensions: [Int]
    /// The product of the dimensions: 1 for a scalar, 0 if any dimension is 0.
    public let elementCount: Int

    /// - Throws: `.shapeTooLarge` if a dimension is negative or the product does not fit into an `Int`.
    ///   Dimensions of 0 do not hide an overflow of the others.
    public init(_ dimensions: [Int]) throws(TensorError) {
        var product = 1
        var hasZero = false
        for dimension in dimensions {
            guard dimension >= 0 else { throw .shapeTooLarge }
            if dimension == 0 {
                hasZero = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .shapeTooLarge }
            product = next
        }
        self.dimensions = dimensions
        self.elementCount = hasZero ? 0 : product
    }

    private init(scalar: Void) {
        dimensions = []
        elementCount = 1
    }

    /// The shape `[]` of a single value.
    public static let scalar = TensorShape(scalar: ())

    /// The number of dimensions; 0 for a scalar.
    public var rank: Int { dimensions.count }

    /// The first dimension, along which requests can be joined; 1 for a scalar.
    public var rowCount: Int { dimensions.first ?? 1 }

    /// Bytes of a tensor with elements of `width` bytes.
    /// - Throws: `.shapeTooLarge` if that does not fit into an `Int`.
    public func byteCount(elementWidth width: Int) throws(TensorError) -> Int {
        let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: width)
        guard !overflow else { throw .shapeTooLarge }
        return bytes
    }
}
