import Formats

/// A node of an ONNX model as far as it has to be known to judge it; attributes stay where they are.
struct ONNXNode {
    var name = ""
    /// The operator's, or that of a function of the model.
    var operation = ""
    /// Of the operator; empty for those of ONNX itself.
    var domain = ""
    /// Tells functions of the same name apart.
    var overload = ""
    /// Places of the names of its inputs; that of one left out is empty.
    var inputs: [Range<Int>] = []
    /// Names of its outputs; that of one left out is empty.
    var outputs: [String] = []
    /// Places of its attributes.
    var attributes: [Range<Int>] = []

    typealias Reader = WireReader<ONNXModelScan.Refusal>

    /// Reads a NodeProto.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ONNXModelScan.Refusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.NodeProto.input: inputs.append(try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.output:
                outputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.NodeProto.name: name = bytes.text(try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.opType: operation = bytes.text(try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.attribute: attributes.append(try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.domain:
                domain = Self.domain(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.NodeProto.overload: overload = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    /// ONNX's own operators have two names for their domain.
    static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
}
