import Formats

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

    private static let maximumRank = 8

    /// - Throws: why the tensor is refused.
    init(_ reader: Span<UInt8>, _ table: Int, _ contents: LiteRTContents) throws {
        guard let name = try reader.text(TFLiteField.Tensor.name, of: table) else {
            throw Refusal.malformed("a tensor has no name")
        }
        self.name = name
        guard try reader.index(TFLiteField.Tensor.externalBuffer, of: table) == 0 else {
            throw Refusal.externalData
        }
        guard try reader.field(TFLiteField.Tensor.sparsity, of: table) == nil else {
            throw Refusal.unsupported("a sparse tensor")
        }
        let buffer = try reader.index(TFLiteField.Tensor.buffer, of: table)
        guard contents.weights.indices.contains(buffer) else {
            throw Refusal.malformed("weights are missing")
        }
        isConstant = (contents.weights[buffer] ?? 0) > 0
        let shape = try reader.numbers(TFLiteField.Tensor.shape, of: table)
        try Self.check(shape, try reader.numbers(TFLiteField.Tensor.shapeSignature, of: table))
        type = try reader.field(TFLiteField.Tensor.type, of: table).map { try reader.unsigned8(at: $0) } ?? 0
        needsScale = [.int8, .uint8].contains(TFLiteElement(rawValue: type))
        isNarrow = needsScale || type == TFLiteElement.int16.rawValue
        guard let quantization = try reader.table(TFLiteField.Tensor.quantization, of: table) else {
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
        let detailsType = try reader.field(TFLiteField.QuantizationParameters.detailsType, of: table)
        guard try detailsType.map({ try reader.unsigned8(at: $0) }) ?? 0 == 0 else {
            throw Refusal.unsupported("this way of quantisation")
        }
        let zeros =
            try reader.vector(TFLiteField.QuantizationParameters.zeroPoint, of: table, width: 8)
            ?? FlatBufferVector(start: 0, count: 0)
        guard let vector = try reader.vector(TFLiteField.QuantizationParameters.scale, of: table, width: 4),
            vector.count > 0
        else {
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
        let place = try reader.field(TFLiteField.QuantizationParameters.quantizedDimension, of: table)
        let axis = try place.map { try reader.signed32(at: $0) } ?? 0
        guard isSingle || (shape.indices.contains(axis) && shape[axis] == scales.count) else {
            throw Refusal.malformed("there are not as many scales as channels")
        }
        guard zeros.count == scales.count || zeros.count == 1 else {
            throw Refusal.malformed("there are not as many zero points as scales")
        }
        let range = zeroPoints(of: TFLiteElement(rawValue: type))
        for index in 0..<zeros.count {
            let zero = Int(Int64(bitPattern: try reader.unsigned64(at: zeros.start + 8 * index)))
            guard range.contains(zero) else { throw Refusal.malformed("a zero point is out of range") }
        }
        return scales
    }

    private static func zeroPoints(of type: TFLiteElement?) -> ClosedRange<Int> {
        switch type {
        case .uint8: 0...255
        case .int8: -128...127
        default: Int(Int32.min)...Int(Int32.max)
        }
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
