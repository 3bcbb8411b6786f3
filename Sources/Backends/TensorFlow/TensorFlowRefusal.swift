import Formats

/// Why a model is refused before the runtime sees it.
enum TensorFlowRefusal: Equatable, WireFailure {
    /// It is not a message of the format, or nested deeper than a reader follows.
    case malformed
    /// Longer than a reader takes.
    case tooLarge
    /// It has an operation that reaches out of the model.
    case operation(String)
    /// A function that calls itself would use up the thread's stack.
    case recursion(String)
    /// A node lacks what the runtime takes for granted.
    case attribute(node: String, String)
    /// A node takes the length of a spectrum from where it may be 0.
    case length(node: String)
    /// The archive is not one that is unpacked.
    case archive(ZIPArchive.Refusal)
    /// The archive has no `saved_model.pb`, or it is not one that is run.
    case savedModel(String)

    /// The text of the error that the client reads.
    var text: String {
        switch self {
        case .malformed: "Invalid GraphDef"
        case .tooLarge: "ERR the model is larger than 2 GiB"
        case .operation(let name):
            "ERR the operation \(name.oneLine) reaches out of the model and is not allowed; "
                + "the setting TF_ALLOW_ALL_OPERATIONS allows it"
        case .recursion(let name): "ERR the function \(name.oneLine) calls itself, which is not allowed"
        case .attribute(let node, let name):
            "ERR node \"\(node.oneLine)\" of the TF graph has no valid attribute \"\(name)\""
        case .length(let node):
            "ERR node \"\(node.oneLine)\" of the TF graph has an fft_length that is no constant above 0"
        case .archive(let refusal): "ERR the archive of the SavedModel is not valid: \(refusal.text)"
        case .savedModel(let reason): "ERR the SavedModel cannot be used: \(reason.oneLine)"
        }
    }
}
