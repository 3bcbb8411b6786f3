import Formats

/// A tensor in a graph, as far as it has to be known to judge it.
struct TensorFlowConstant {
    private(set) var type: UInt64 = 0
    /// The whole numbers of 32 bits that it gives, if it is short; the last one may stand for several.
    private(set) var integers: [Int64] = []
    private var dimensions: [UInt64] = []
    private var hasRank = true
    private let byteCount: Int

    private typealias Reader = TensorFlowGraph.Reader

    /// Elements that one value may stand for: a writer gives the last value once if it repeats.
    private static let mostRepeated = 1 << 26
    /// Bytes of constants whose numbers are kept.
    private static let mostKept = 256

    /// Reads a TensorProto message.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) {
        byteCount = range.count
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.TensorProto.dtype where field.kind == .varint:
                type = try reader.nextVarint(bytes).value
            case TensorFlowField.TensorProto.tensorShape:
                try readShape(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.TensorProto.tensorContent where byteCount <= Self.mostKept:
                try readContent(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.TensorProto.intVal where byteCount <= Self.mostKept:
                try reader.readIntegers(&integers, field, bytes)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    /// Whether it has a shape, and about as many elements as are given or could be meant.
    ///
    /// The runtime ends the process over a dimension below 0.
    var isValid: Bool {
        guard hasRank else { return false }
        var count = 1
        for dimension in dimensions where dimension > 0 {
            guard let dimension = Int(exactly: dimension) else { return false }
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return false }
            count = product
        }
        return dimensions.contains(0) || count <= max(byteCount, Self.mostRepeated)
    }

    private mutating func readContent(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) {
        guard range.count.isMultiple(of: 4) else { return }
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
            integers.append(Int64(Int32(bitPattern: bits)))
        }
    }

    private mutating func readShape(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.TensorShapeProto.dim:
                dimensions.append(try Self.size(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.TensorShapeProto.unknownRank where field.kind == .varint:
                hasRank = try reader.nextVarint(bytes).isZero
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    private static func size(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) -> UInt64 {
        var size: UInt64 = 0
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == TensorFlowField.Dim.size, field.kind == .varint else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            size = try reader.nextVarint(bytes).value
        }
        return size
    }
}
