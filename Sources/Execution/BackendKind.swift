import Tensors

/// The runtimes that models can ask for.
public enum BackendKind: UInt8, CaseIterable, Sendable {
    // The numbers are those of the RDB payload.
    case tensorFlow = 0
    case tensorFlowLite = 1
    case torch = 2
    case onnxRuntime = 3

    /// The name on the wire, in upper case.
    public var wireName: StaticString {
        switch self {
        case .tensorFlow: "TF"
        case .tensorFlowLite: "TFLITE"
        case .torch: "TORCH"
        case .onnxRuntime: "ONNX"
        }
    }

    /// The kind with this wire name, in any case; nil if there is none.
    public init?(wireName name: Span<UInt8>) {
        for kind in Self.allCases where kind.wireName.equalsIgnoringCase(name) {
            self = kind
            return
        }
        return nil
    }

    /// The default library's file name without its ending, and its folder's, under the backends' folder.
    public var libraryName: String {
        switch self {
        case .tensorFlow: "redisai_tensorflow"
        case .tensorFlowLite: "redisai_tflite"
        case .torch: "redisai_torch"
        case .onnxRuntime: "redisai_onnxruntime"
        }
    }
}
