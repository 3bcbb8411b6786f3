import Formats

/// What of an ONNX model is looked at when all of it is read, since functions may come behind their calls.
struct ONNXParts {
    /// Nodes of the graph, and of graphs inside nodes, as deep as there are some.
    var nodes: [ONNXNode] = []
    var functions: [ONNXFunction] = []
    /// Places of the constants of graphs, but for those of training, which the runtime does not look at.
    var initializers: [Range<Int>] = []
    /// Names that stand, somewhere in the model, for what a run or a node brings to a graph or a function, or
    /// for a constant of another kind.
    var brought: Set<String> = []

    /// The nodes of functions too.
    var allNodes: [ONNXNode] { functions.reduce(into: nodes) { $0 += $1.nodes } }

    /// Notes what comes into a graph.
    /// - Parameter isWhole: it is the model's own, and nobody brings what it has a constant for.
    mutating func addInputs(
        ofGraph range: Range<Int>, isWhole: Bool, _ bytes: Span<UInt8>
    ) throws(ONNXModelScan.Refusal) {
        var inputs: Set<String> = []
        var constants: Set<String> = []
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.GraphProto.initializer where isWhole:
                constants.insert(
                    try Self.text(ONNXField.TensorProto.name, bytes, reader.nextRange(of: field, bytes)))
            case ONNXField.GraphProto.input:
                inputs.insert(
                    try Self.text(ONNXField.ValueInfoProto.name, bytes, reader.nextRange(of: field, bytes)))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        brought.formUnion(inputs.subtracting(constants))
    }

    /// Notes a tensor of a sparse one, of which it may be the name.
    mutating func addSparse(_ range: Range<Int>, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        brought.insert(try Self.text(ONNXField.TensorProto.name, bytes, range))
    }

    /// The last text in a field of a message.
    private static func text(
        _ number: UInt32, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(ONNXModelScan.Refusal) -> String {
        var text = ""
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == number else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            text = bytes.text(try reader.nextRange(of: field, bytes))
        }
        return text
    }
}
