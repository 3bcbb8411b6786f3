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

    func content(of field: UInt32) -> Content {
        switch (self, field) {
        case (.model, ONNXField.ModelProto.graph): .message(.graph)
        case (.model, ONNXField.ModelProto.trainingInfo): .message(.training)
        case (.model, ONNXField.ModelProto.functions): .message(.function)
        case (.training, ONNXField.TrainingInfoProto.initialization),
            (.training, ONNXField.TrainingInfoProto.algorithm):
            .message(.graph)
        case (.function, ONNXField.FunctionProto.node): .message(.node)
        case (.function, ONNXField.FunctionProto.attributeProto): .message(.attribute)
        case (.graph, ONNXField.GraphProto.node): .message(.node)
        case (.graph, ONNXField.GraphProto.initializer): .message(.tensor)
        case (.graph, ONNXField.GraphProto.sparseInitializer): .message(.sparseTensor)
        case (.node, ONNXField.NodeProto.attribute): .message(.attribute)
        case (.attribute, _): Self.contentOfAttribute(field)
        case (.sparseTensor, ONNXField.SparseTensorProto.values),
            (.sparseTensor, ONNXField.SparseTensorProto.indices):
            .message(.tensor)
        case (.tensor, _): Self.contentOfTensor(field)
        default: .ignored
        }
    }

    private static func contentOfAttribute(_ field: UInt32) -> Content {
        switch field {
        case ONNXField.AttributeProto.t, ONNXField.AttributeProto.tensors: .message(.tensor)
        case ONNXField.AttributeProto.g, ONNXField.AttributeProto.graphs: .message(.graph)
        case ONNXField.AttributeProto.sparseTensor, ONNXField.AttributeProto.sparseTensors:
            .message(.sparseTensor)
        default: .ignored
        }
    }

    private static func contentOfTensor(_ field: UInt32) -> Content {
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
}
