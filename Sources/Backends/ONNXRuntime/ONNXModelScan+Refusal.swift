import Formats

extension ONNXModelScan.Refusal {
    /// The text of the error that the client reads.
    var text: String {
        switch self {
        case .externalData: "Initializer tensors with external data is not allowed."
        case .runtimeFormat: "ERR models in the ORT format are not allowed, only ONNX"
        case .malformed: ONNXRuntimeTable.noGraph
        case .tooLarge: "ERR the model is larger than 2 GiB"
        case .recursion(let name): "ERR the function \(name.oneLine) calls itself, which is not allowed"
        case .expansion:
            "ERR the functions of the model call each other so often that it would have too many nodes"
        case .node(let name, let operation, let lack):
            "ERR node \"\(name.oneLine)\" of the ONNX graph, of type \(operation.oneLine), "
                + "has no valid \(lack)"
        case .operation(let name): "ERR the operator \(name) goes beyond its memory and is not allowed"
        }
    }
}
