import CTorchBridge
import Tensors

extension DataType {
    /// The bridge's number for the type; nil for strings, which libtorch does not have.
    var torchElementType: Int32? {
        let type =
            switch self {
            case .float32: TORCH_FLOAT32
            case .float64: TORCH_FLOAT64
            case .float16: TORCH_FLOAT16
            case .bfloat16: TORCH_BFLOAT16
            case .int8: TORCH_INT8
            case .int16: TORCH_INT16
            case .int32: TORCH_INT32
            case .int64: TORCH_INT64
            case .uint8: TORCH_UINT8
            case .uint16: TORCH_UINT16
            case .uint32: TORCH_UINT32
            case .uint64: TORCH_UINT64
            case .bool: TORCH_BOOL
            case .string: torch_element_type?.none
            }
        return type.map { Int32($0.rawValue) }
    }

    /// The type with the bridge's number; nil if tensors here cannot be of it.
    init?(torchElementType number: Int32) {
        guard let type = Self.allCases.first(where: { $0.torchElementType == number }) else { return nil }
        self = type
    }
}
