import Formats

/// A function of an ONNX model: the runtime puts its nodes in the place of each call.
struct ONNXFunction {
    /// What a call names.
    struct Identity: Hashable {
        var name = ""
        var domain = ""
        var overload = ""
    }

    var identity = Identity()
    /// Names of its inputs.
    var parameters: [String] = []
    /// Places of the attributes that it takes, with their values if a call gives none.
    var defaults: [Range<Int>] = []
    /// Its nodes, those in graphs of its nodes too.
    var nodes: [ONNXNode] = []

    /// Reads what a FunctionProto says beside its nodes.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ONNXModelScan.Refusal) {
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.FunctionProto.name:
                identity.name = bytes.text(try reader.nextRange(of: field, bytes))
            case ONNXField.FunctionProto.input:
                parameters.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.FunctionProto.domain:
                identity.domain = ONNXNode.domain(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.FunctionProto.attributeProto:
                defaults.append(try reader.nextRange(of: field, bytes))
            case ONNXField.FunctionProto.overload:
                identity.overload = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }
}

extension ONNXNode {
    /// The function that it calls, if the model has one of that name.
    var callee: ONNXFunction.Identity { .init(name: operation, domain: domain, overload: overload) }
}
