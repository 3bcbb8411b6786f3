import Commands
import Execution
import Keyspace
import Messages
import Redis

/// Scripts of libtorch that flows run.
extension FlowService {
    /// A function has no more results.
    private static let outputLimit = 100_000

    /// Answers the number of the script that a key holds; none if it holds no script. See `find`.
    func findScript(_ call: FlowCall) throws(FlowError) {
        try find(ModuleState.current.scripts, for: "AI.SCRIPTEXECUTE", call) { .script($0) }
    }

    /// Calls a function of a script that Python holds, which may ask the server in the name of the session's
    /// user.
    ///
    /// - Parameter isAwaited: whether the flow goes on meanwhile; only those runs count in the statistics.
    func runScript(_ call: FlowCall, isAwaited: Bool) throws(FlowError) {
        let connection = try asked()
        let script = try connection.held.script(call.integer(0))
        let function = try call.bytes(1)
        let outputCount = try call.integer(3)
        guard (0...Self.outputLimit).contains(outputCount) else { throw .invalidCall }
        // A list of tensors is all that its function gets, or the rest.
        let references = try call.list(2).flatMap { $0.isListOfReferences ? $0.asList ?? [] : [$0] }
        try Self.prepare(script) { () throws(ExecutionError) in _ = try script.build.loaded() }
        var plan = ExecutionPlan(tensors: try TensorReference.tensors(references, of: connection))
        let task = ScriptTask(
            isAwaited ? script : script.uncounted, function: function, keys: [], arguments: [],
            keyspace: ScriptAccess(call.session.access))
        let slots = plan.addStep(
            .script(task), inputs: .range(0..<references.count), outputCount: outputCount)
        try run(plan, answering: Array(slots), isAwaited: isAwaited, for: call)
    }
}

extension MessageValue {
    /// References are numbers and tuples.
    fileprivate var isListOfReferences: Bool { if case .list = self { true } else { false } }
}
