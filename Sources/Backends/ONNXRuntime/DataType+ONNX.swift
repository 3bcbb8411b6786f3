import CONNXRuntime
import Tensors

extension DataType {
    /// The runtime's number for the type.
    var onnxElementType: Int32 {
        let number =
            switch self {
            case .float32: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
            case .float64: ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE
            case .float16: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
            case .bfloat16: ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16
            case .int8: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8
            case .int16: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16
            case .int32: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
            case .int64: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64
            case .uint8: ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8
            case .uint16: ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16
            case .uint32: ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32
            case .uint64: ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64
            case .bool: ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL
            case .string: ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING
            }
        return Int32(number)
    }

    /// The type with the runtime's number; nil if tensors here cannot be of it.
    init?(onnxElementType number: Int32) {
        guard let type = Self.allCases.first(where: { $0.onnxElementType == number }) else { return nil }
        self = type
    }
}
