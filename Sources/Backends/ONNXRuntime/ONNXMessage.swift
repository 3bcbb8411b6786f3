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

    /// - Parameter field: one of `ONNXField`'s, of this message.
    func content(of field: UInt32) -> Content {
        switch self {
        case .model: Self.model(field)
        case .training: Self.training(field)
        case .function: Self.function(field)
        case .graph: Self.graph(field)
        case .node: field == ONNXField.NodeProto.attribute ? .message(.attribute) : .ignored
        case .attribute: Self.attribute(field)
        case .tensor: Self.tensor(field)
        case .sparseTensor: Self.sparseTensor(field)
        }
    }

    private static func model(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.ModelProto.graph: .message(.graph)
        case ONNXField.ModelProto.trainingInfo: .message(.training)
        case ONNXField.ModelProto.functions: .message(.function)
        default: .ignored
        }
    }

    private static func training(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.TrainingInfoProto.initialization, ONNXField.TrainingInfoProto.algorithm:
            .message(.graph)
        default: .ignored
        }
    }

    private static func function(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.FunctionProto.node: .message(.node)
        case ONNXField.FunctionProto.attributeProto: .message(.attribute)
        default: .ignored
        }
    }

    private static func graph(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.GraphProto.node: .message(.node)
        case ONNXField.GraphProto.initializer: .message(.tensor)
        case ONNXField.GraphProto.sparseInitializer: .message(.sparseTensor)
        default: .ignored
        }
    }

    private static func attribute(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.AttributeProto.t, ONNXField.AttributeProto.tensors: .message(.tensor)
        case ONNXField.AttributeProto.g, ONNXField.AttributeProto.graphs: .message(.graph)
        case ONNXField.AttributeProto.sparseTensor, ONNXField.AttributeProto.sparseTensors:
            .message(.sparseTensor)
        default: .ignored
        }
    }

    private static func tensor(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.TensorProto.floatData, ONNXField.TensorProto.int32Data,
            ONNXField.TensorProto.stringData, ONNXField.TensorProto.int64Data,
            ONNXField.TensorProto.rawData, ONNXField.TensorProto.doubleData,
            ONNXField.TensorProto.uint64Data:
            .weights
        case ONNXField.TensorProto.externalData: .file
        case ONNXField.TensorProto.dataLocation: .location
        default: .ignored
        }
    }

    private static func sparseTensor(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.SparseTensorProto.values, ONNXField.SparseTensorProto.indices: .message(.tensor)
        default: .ignored
        }
    }
}
