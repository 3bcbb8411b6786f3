import Execution
import Tensors

/// What only some backends can do, and the words of those that cannot.
///
/// Where a backend lacks something, the contract expects an error in one line or says what happens instead;
/// nothing is left out.
struct ContractAbilities: Sendable {
    /// Of its models.
    var kind: BackendKind
    /// Of the tensors that its models can have.
    var types: [DataType] = DataType.allCases
    /// Whether the client names inputs and outputs; else the model's file does.
    var namesAreGiven = false
    /// Whether a model's file says how its outputs are called, and which types and shapes there are.
    var declaresOutputs = true
    /// Whether models run on tensors without elements; else that is refused.
    var runsEmptyTensors = true
    /// Whether a run that takes too long can be ended from outside.
    var isInterruptible = true
    /// What is said of bytes that are no model.
    var garbageText: String
    /// What is said when a model is given another number of inputs than it has.
    var countText: @Sendable (_ expected: Int, _ actual: Int) -> String
    /// What is said of a GPU that is not there; nil for the error that it is not there.
    var gpuText: String?

    /// What a model says of its outputs' names when its author gave them these.
    func outputNames(_ names: String...) -> [[UInt8]] {
        names.map { declaresOutputs ? Array($0.utf8) : [] }
    }

    /// The refusal of a GPU that is not there.
    var gpuError: ExecutionError { gpuText.map { .backend($0) } ?? .noGPU(kind) }
}
