/// Reads one tensor of a graph: its shape, where its weights are, and how it is quantised.
struct LiteRTTensorScan {
    typealias Refusal = LiteRTModelScan.Refusal

    let name: [UInt8]
    /// By the number of the schema.
    let type: Int
    /// Whether its elements are in the file.
    let isConstant: Bool
    /// Whether its numbers may stand for others by a scale, and whether they are of no use without one.
    private let isNarrow: Bool
    private let needsScale: Bool
    private let scales: [Float]

    // Numbers of the schema.
    private static let int8 = 9
    private static let uint8 = 3
    private static let int16 = 7
    private static let maximumRank = 8

    /// - Throws: why the tensor is refused.
    init(_ reader: Span<UInt8>, _ table: Int, _ contents: LiteRTContents) throws {
        guard let name = try reader.text(3, of: table) else {
            throw Refusal.malformed("a tensor has no name")
        }
        self.name = name
        guard try reader.field(10, of: table).map({ try reader.unsigned32(at: $0) }) ?? 0 == 0 else {
            throw Refusal.externalData
        }
        guard try reader.field(6, of: table) == nil else { throw Refusal.unsupported("a sparse tensor") }
        let buffer = try reader.field(2, of: table).map { try Int(reader.unsigned32(at: $0)) } ?? 0
        guard contents.weights.indices.contains(buffer) else {
            throw Refusal.malformed("weights are missing")
        }
        isConstant = (contents.weights[buffer] ?? 0) > 0
        let shape = try reader.numbers(0, of: table)
        try Self.check(shape, try reader.numbers(7, of: table))
        type = try reader.field(1, of: table).map { try reader.unsigned8(at: $0) } ?? 0
        needsScale = [Self.int8, Self.uint8].contains(type)
        isNarrow = needsScale || type == Self.int16
        guard let quantization = try reader.table(4, of: table) else {
            scales = []
            return
        }
        scales = try Self.scales(reader, quantization, shape: shape, type: type)
    }

    /// - Parameter signature: the shape with -1 where it is not known; empty if all is.
    private static func check(_ shape: [Int], _ signature: [Int]) throws {
        guard shape.count <= maximumRank else {
            throw Refusal.unsupported("a tensor of more than 8 dimensions")
        }
        var product = 1
        for dimension in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: max(dimension, 1))
            // As many elements as the runtime counts in all of its operators.
            guard dimension >= 0, !overflow, next <= Int(Int32.max) else {
                throw Refusal.malformed("a tensor is too large")
            }
            product = next
        }
        guard signature.isEmpty || signature.count == shape.count,
            zip(signature, shape).allSatisfy({ $0 == -1 || $0 == $1 })
        else { throw Refusal.malformed("a tensor has two shapes") }
    }

    private static func scales(
        _ reader: Span<UInt8>, _ table: Int, shape: [Int], type: Int
    ) throws -> [Float] {
        let details = try reader.field(4, of: table).map { try reader.unsigned8(at: $0) } ?? 0
        guard details == 0 else { throw Refusal.unsupported("this way of quantisation") }
        let zeros = try reader.vector(3, of: table, width: 8) ?? FlatBufferVector(start: 0, count: 0)
        guard let vector = try reader.vector(2, of: table, width: 4), vector.count > 0 else {
            guard zeros.count == 0 else { throw Refusal.malformed("there are zero points without scales") }
            return []
        }
        var scales: [Float] = []
        for index in 0..<vector.count { scales.append(try reader.float32(at: vector.start + 4 * index)) }
        let isSingle = scales.count == 1
        // A channel without weights may have the scale 0.
        guard scales.allSatisfy({ $0.isFinite && (isSingle ? $0 > 0 : $0 >= 0) }) else {
            throw Refusal.malformed("a scale is not a positive number")
        }
        let axis = try reader.field(6, of: table).map { try reader.signed32(at: $0) } ?? 0
        guard isSingle || (shape.indices.contains(axis) && shape[axis] == scales.count) else {
            throw Refusal.malformed("there are not as many scales as channels")
        }
        guard zeros.count == scales.count || zeros.count == 1 else {
            throw Refusal.malformed("there are not as many zero points as scales")
        }
        let range = type == uint8 ? 0...255 : type == int8 ? -128...127 : Int(Int32.min)...Int(Int32.max)
        for index in 0..<zeros.count {
            let zero = Int(Int64(bitPattern: try reader.unsigned64(at: zeros.start + 8 * index)))
            guard range.contains(zero) else { throw Refusal.malformed("a zero point is out of range") }
        }
        return scales
    }

    /// Refuses tensors of one operator whose scales cannot be brought together.
    static func checkScales(_ tensors: [LiteRTTensorScan]) throws {
        let quantized = tensors.filter(\.isNarrow)
        guard quantized.contains(where: { $0.needsScale || !$0.scales.isEmpty }) else { return }
        let scales = quantized.compactMap { $0.scales.count == 1 ? $0.scales[0] : nil }
        guard scales.count == quantized.count, let least = scales.min(), let most = scales.max(),
            most / least < 0x1p19
        else { throw Refusal.malformed("scales of an operator do not fit each other") }
    }
}
