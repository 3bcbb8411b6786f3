import Commands
import Execution

/// What is behind a `RAI_DAGRunOp`: a model or a script with names, until a DAG takes it.
///
/// One thread at a time, which its owner sees to.
final class DagStep: @unchecked Sendable {
    private let subject: RunContext.Subject
    private var inputs: [[UInt8]] = []
    private var outputs: [[UInt8]] = []
    private var keys: [[UInt8]] = []
    private var arguments: [[UInt8]] = []

    init(_ subject: RunContext.Subject) { self.subject = subject }

    var isScript: Bool { if case .script = subject { true } else { false } }

    func addInput(_ name: [UInt8]) { inputs.append(name) }

    func addOutput(_ name: [UInt8]) { outputs.append(name) }

    func addKey(_ key: [UInt8]) { keys.append(key) }

    func addArgument(_ argument: [UInt8]) { arguments.append(argument) }

    /// The operation of a DAG.
    /// - Throws: if a model has other numbers of inputs and outputs. Nothing is known of it while it loads.
    func operation() throws(APIFailure) -> DagFragment.Operation {
        switch subject {
        case .model(let model):
            if let loaded = model.build.loadedIfReady {
                guard inputs.count == loaded.inputCount else { throw .dagInputCount }
                guard outputs.count == loaded.outputCount else { throw .dagOutputCount }
            }
            return .run(.model(model), inputs: inputs, outputs: outputs)
        case .script(let script, let function):
            let task = ScriptTask(
                script, function: function, keys: keys, arguments: arguments, keyspace: nil)
            return .run(.script(task), inputs: inputs, outputs: outputs)
        }
    }
}
