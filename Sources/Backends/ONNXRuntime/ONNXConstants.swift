/// The shapes of a model's constants, and of what operators make a single number of, by their names.
struct ONNXConstants {
    private var shapes: [String: [[Int64]]] = [:]

    /// - Parameters:
    ///   - initializers: the places of TensorProto messages in graphs.
    ///   - nodes: of which those are taken that give a constant, or a scale and a zero point.
    init(
        _ initializers: [Range<Int>], _ nodes: [ONNXNode], _ bytes: Span<UInt8>
    ) throws(ONNXModelScan.Refusal) {
        for place in initializers { try add(bytes, place, name: nil) }
        for node in nodes where node.domain.isEmpty {
            switch node.operation {
            case "Constant":
                let name = node.outputs.first ?? ""
                for place in node.attributes { try addConstant(bytes, place, name: name) }
            case "DynamicQuantizeLinear":
                for name in node.outputs.dropFirst() { shapes[name, default: []].append([]) }
            default: break
            }
        }
    }

    func shapes(of name: String) -> [[Int64]] { shapes[name] ?? [] }

    private mutating func addConstant(
        _ bytes: Span<UInt8>, _ range: Range<Int>, name: String
    ) throws(ONNXModelScan.Refusal) {
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == 5 else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            try add(bytes, try reader.nextRange(of: field, bytes), name: name)
        }
    }

    /// Reads name and dimensions of a TensorProto.
    private mutating func add(
        _ bytes: Span<UInt8>, _ range: Range<Int>, name given: String?
    ) throws(ONNXModelScan.Refusal) {
        var name = given ?? ""
        var shape: [Int64] = []
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case 1: try reader.readIntegers(&shape, field, bytes)
            case 8 where given == nil: name = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        shapes[name, default: []].append(shape)
    }
}
