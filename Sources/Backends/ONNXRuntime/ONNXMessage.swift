/// The messages of the ONNX format that can hold a tensor, however deep.
enum ONNXMessage {
    case model
    case training
    case function
    case graph
    case node
    case attribute
    case tensor
    case sparseTensor

    /// What a field of a message is to the scan.
    enum Content {
        /// Holds no tensor.
        case ignored
        /// Holds a message to look into.
        case message(ONNXMessage)
        /// Elements of a tensor.
        case weights
        /// Whether a tensor's elements are inside, which is 0, or elsewhere.
        case location
        /// Where elsewhere.
        case file
    }

    /// By the numbers of the ONNX schema.
    func content(of field: UInt32) -> Content {
        switch (self, field) {
        case (.model, 7): .message(.graph)
        case (.model, 20): .message(.training)
        case (.model, 25): .message(.function)
        case (.training, 1), (.training, 2): .message(.graph)
        case (.function, 7): .message(.node)
        case (.function, 11): .message(.attribute)
        case (.graph, 1): .message(.node)
        case (.graph, 5): .message(.tensor)
        case (.graph, 15): .message(.sparseTensor)
        case (.node, 5): .message(.attribute)
        case (.attribute, 5), (.attribute, 10): .message(.tensor)
        case (.attribute, 6), (.attribute, 11): .message(.graph)
        case (.attribute, 22), (.attribute, 23): .message(.sparseTensor)
        case (.sparseTensor, 1), (.sparseTensor, 2): .message(.tensor)
        case (.tensor, 4), (.tensor, 5), (.tensor, 6), (.tensor, 7): .weights
        case (.tensor, 9), (.tensor, 10), (.tensor, 11): .weights
        case (.tensor, 13): .file
        case (.tensor, 14): .location
        default: .ignored
        }
    }
}
