import CTensorFlow
import Tensors

extension DataType {
    /// The runtime's number for the type.
    var tensorFlowType: Int32 {
        let number =
            switch self {
            case .float32: TF_FLOAT
            case .float64: TF_DOUBLE
            case .float16: TF_HALF
            case .bfloat16: TF_BFLOAT16
            case .int8: TF_INT8
            case .int16: TF_INT16
            case .int32: TF_INT32
            case .int64: TF_INT64
            case .uint8: TF_UINT8
            case .uint16: TF_UINT16
            case .uint32: TF_UINT32
            case .uint64: TF_UINT64
            case .bool: TF_BOOL
            case .string: TF_STRING
            }
        return Int32(number)
    }

    /// The type with the runtime's number; nil if tensors here cannot be of it.
    init?(tensorFlowType number: Int32) {
        guard let type = Self.allCases.first(where: { $0.tensorFlowType == number }) else { return nil }
        self = type
    }
}
