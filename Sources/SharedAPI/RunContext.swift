import Execution
import Synchronization
import Tensors

/// What is behind a `RAI_ModelRunCtx` or a `RAI_ScriptRunCtx`: what is to be run, and what came out.
///
/// It is the client's or, from the start of a run until the client fetches it, the run's. One thread at a
/// time, which the one that has it sees to.
final class RunContext: @unchecked Sendable {
    /// What is run.
    enum Subject: Sendable {
        case model(Model)
        case script(Script, function: [UInt8])
    }

    let subject: Subject
    private(set) var outputCount = 0
    private(set) var outputs: [Tensor?] = []
    private var inputs: [Tensor] = []
    private var keys: [[UInt8]] = []
    private var arguments: [[UInt8]] = []
    private let isInRun = Atomic<Bool>(false)

    init(_ subject: Subject) { self.subject = subject }

    /// Whether it is the client's.
    var isClients: Bool { !isInRun.load(ordering: .acquiring) }

    /// What failures of its runs are called.
    var code: APIFailure.Code {
        switch subject {
        case .model: .modelRun
        case .script: .scriptRun
        }
    }

    func addInput(_ tensor: Tensor) { inputs.append(tensor) }

    func addOutput() { outputCount += 1 }

    func addKey(_ key: [UInt8]) { keys.append(key) }

    func addArgument(_ argument: [UInt8]) { arguments.append(argument) }

    /// It is a run's from now on.
    /// - Returns: false if it is one's already.
    func lend() -> Bool {
        isInRun.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    /// It is the client's again.
    func giveBack() { isInRun.store(false, ordering: .releasing) }

    /// The run as a plan of one step.
    func plan() -> ExecutionPlan {
        var plan = ExecutionPlan(tensors: inputs)
        plan.addStep(work, inputs: .range(0..<inputs.count), outputCount: outputCount)
        return plan
    }

    private var work: Work {
        switch subject {
        case .model(let model): .model(model)
        case .script(let script, let function):
            .script(
                ScriptTask(script, function: function, keys: keys, arguments: arguments, keyspace: nil))
        }
    }

    /// Takes the outputs of a run in place of those of the one before.
    /// - Returns: why it failed; nil if it did not.
    func take(_ outcome: PlanOutcome) -> APIFailure? {
        outputs = []
        if let error = outcome.firstError { return APIFailure(work, error) }
        outputs = (inputs.count..<inputs.count + outputCount).map { outcome.tensor($0) }
        return nil
    }

    /// There is nothing of the last run.
    func dropOutputs() { outputs = [] }
}
