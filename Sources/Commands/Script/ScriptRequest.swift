import Execution
import Keyspace
import Redis
import Tensors

/// One call of a script, tensors from keys, and keys for what comes out: where both spellings meet.
public struct ScriptRequest: RunCommandRequest {
    let key: Argument
    let function: Argument
    /// Handed to the script as they are; otherwise they only say where the command belongs.
    var keys: [Argument] = []
    var inputs: [Argument] = []
    var arguments: [Argument] = []
    var outputs: [Argument] = []
    /// 0 = no deadline.
    var timeoutMilliseconds = 0

    init(key: Argument, function: Argument) {
        self.key = key
        self.function = function
    }

    /// Blocks the client until a worker has run it.
    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let flags = context.flags
        try context.refuseTransaction(flags)
        let script = try ScriptGet.script(at: key, in: context)
        try Self.check(script)
        var tensors: [Tensor] = []
        for input in inputs { tensors.append(try TensorGet.tensor(at: input, in: context)) }
        let server = ScriptAccess(context)
        var plan = ExecutionPlan(tensors: tensors)
        let slots = plan.addStep(
            try work(script, server), inputs: .range(0..<tensors.count), outputCount: outputs.count)
        let request = PlanRequest(
            plan: plan, outputs: StoredOutputs(keys: outputs, slots: .range(slots), flags: flags),
            answer: .status, timeoutMilliseconds: timeoutMilliseconds, server: server)
        request.run(in: context)
    }

    /// The call as a step of a plan.
    /// - Throws: `.execution(.outOfMemory)` if there is no memory for a copy of its words.
    func work(_ script: Script, _ server: ScriptAccess?) throws(CommandError) -> Work {
        let byteCount = (keys + arguments).reduce(0) { $0 + $1.byteCount }
        // The runtime is handed a copy of the copy.
        guard TensorAllocator.hasRoom(for: 2 * byteCount) else { throw .execution(.outOfMemory) }
        return .script(
            ScriptTask(
                script, function: function.bytes, keys: keys.map(\.bytes), arguments: arguments.map(\.bytes),
                keyspace: server))
    }

    /// - Throws: why the script could not be built.
    static func check(_ script: Script) throws(CommandError) {
        do throws(ExecutionError) { _ = try script.build.loaded() } catch {
            // The administrator may have brought the library meanwhile; the request waits then.
            if error.mayPass, ModuleState.current.scheduler.rebuild(script) { return }
            throw .execution(error)
        }
    }
}
