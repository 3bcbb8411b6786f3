import Execution
import Formats

/// What the runtime could not do, in the words that clients know.
enum LiteRTFailure: String {
    case load = "Failed to load model from buffer"
    case construct = "Failed to construct interpreter"
    case allocate = "Failed to allocate tensors"
    case resize = "Failed to resize input tensors"
    case invoke = "Failed to invoke TfLite"
    case inputCount = "Inconsistent number of inputs"
    case inputType = "Input tensor type doesn't match the type expected by the model definition"

    /// The error, with the reason behind it if one is known.
    func error(_ reason: String = "") -> ExecutionError {
        let reason = reason.oneLine
        return .backend(reason.isEmpty ? rawValue : "\(rawValue): \(reason)")
    }
}
