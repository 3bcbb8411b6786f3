import CLiteRT
import Tensors

extension DataType {
    /// The runtime's number for the type.
    var liteRTElement: Int32 {
        let number =
            switch self {
            case .float32: LITERT_ELEMENT_FLOAT32
            case .float64: LITERT_ELEMENT_FLOAT64
            case .float16: LITERT_ELEMENT_FLOAT16
            case .bfloat16: LITERT_ELEMENT_BFLOAT16
            case .int8: LITERT_ELEMENT_INT8
            case .int16: LITERT_ELEMENT_INT16
            case .int32: LITERT_ELEMENT_INT32
            case .int64: LITERT_ELEMENT_INT64
            case .uint8: LITERT_ELEMENT_UINT8
            case .uint16: LITERT_ELEMENT_UINT16
            case .uint32: LITERT_ELEMENT_UINT32
            case .uint64: LITERT_ELEMENT_UINT64
            case .bool: LITERT_ELEMENT_BOOL
            case .string: LITERT_ELEMENT_STRING
            }
        return Int32(number)
    }

    /// The type with the runtime's number; nil if models here cannot take or give it.
    ///
    /// The runtime has strings, but no way to hand them in from outside (2.3.0).
    init?(liteRTElement number: Int32) {
        let types = Self.allCases.filter { $0 != .string }
        guard let type = types.first(where: { $0.liteRTElement == number }) else { return nil }
        self = type
    }
}
