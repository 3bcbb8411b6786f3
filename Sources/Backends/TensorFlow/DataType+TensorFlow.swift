import CTensorFlow
import Tensors

extension DataType {
    /// The runtime's number for the type.
    var tensorFlowType: Int32 {
        let number =
            switch self {
            case .float32: TENSORFLOW_FLOAT32
            case .float64: TENSORFLOW_FLOAT64
            case .float16: TENSORFLOW_FLOAT16
            case .bfloat16: TENSORFLOW_BFLOAT16
            case .int8: TENSORFLOW_INT8
            case .int16: TENSORFLOW_INT16
            case .int32: TENSORFLOW_INT32
            case .int64: TENSORFLOW_INT64
            case .uint8: TENSORFLOW_UINT8
            case .uint16: TENSORFLOW_UINT16
            case .uint32: TENSORFLOW_UINT32
            case .uint64: TENSORFLOW_UINT64
            case .bool: TENSORFLOW_BOOL
            case .string: TENSORFLOW_STRING
            }
        return Int32(number)
    }

    /// The type with the runtime's number; nil if tensors here cannot be of it.
    init?(tensorFlowType number: Int32) {
        guard let type = Self.allCases.first(where: { $0.tensorFlowType == number }) else { return nil }
        self = type
    }
}
