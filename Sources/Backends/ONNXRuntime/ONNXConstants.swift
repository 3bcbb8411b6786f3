import Formats

/// The shapes of a model's constants, and of what operators make a single number of, by their names.
struct ONNXConstants {
    /// Different ones; nil for more than are looked at.
    private var shapes: [String: [[Int64]]?] = [:]
    /// Names that stand for something else as well.
    private var brought: Set<String>

    /// Each node compares all shapes that its inputs' names have. Graphs in graphs use a name for a few.
    private static let mostShapes = 8
    private static let mostDimensions = 32

    /// Constants of graphs, and what nodes give of a constant, or as a scale and a zero point.
    init(_ parts: ONNXParts, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        brought = parts.brought
        for place in parts.initializers { try add(bytes, place, name: nil) }
        for node in parts.allNodes {
            switch (node.domain, node.operation) {
            case ("", "Constant"):
                let name = node.outputs.first ?? ""
                for place in node.attributes { try addConstant(bytes, place, name: name) }
            case ("", "DynamicQuantizeLinear"):
                if let quantized = node.outputs.first { brought.insert(quantized) }
                for name in node.outputs.dropFirst() { add([], to: name) }
            default: brought.formUnion(node.outputs)
            }
        }
    }

    /// The shapes of what has the name; none if it is no constant, nil if there are too many to tell.
    func shapes(of name: String) -> [[Int64]]? { shapes[name] ?? [] }

    /// Whether the name stands for nothing but constants, wherever it is used.
    func isConstant(_ name: String) -> Bool { shapes[name] != nil && !brought.contains(name) }

    private mutating func add(_ shape: [Int64], to name: String) {
        // That of what is left out.
        guard !name.isEmpty else { return }
        guard var known = shapes[name] ?? [] else { return }
        guard !known.contains(shape) else { return }
        known.append(shape)
        let areFew = known.count <= Self.mostShapes && shape.count <= Self.mostDimensions
        shapes.updateValue(areFew ? known : nil, forKey: name)
    }

    private mutating func addConstant(
        _ bytes: Span<UInt8>, _ range: Range<Int>, name: String
    ) throws(ONNXModelScan.Refusal) {
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == ONNXField.AttributeProto.t else {
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
            case ONNXField.TensorProto.dims: try reader.readIntegers(&shape, field, bytes)
            case ONNXField.TensorProto.name where given == nil:
                name = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        add(shape, to: name)
    }
}
