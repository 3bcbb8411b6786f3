import Execution
import Keyspace
import Redis
import Tensors

/// One model, tensors from keys, and keys for what comes out: where both spellings of a run meet.
public struct ModelRequest: RunCommandRequest {
    let key: Argument
    let inputs: ArgumentSlice
    let outputs: ArgumentSlice
    /// 0 = no deadline.
    let timeoutMilliseconds: Int

    /// Runs at once if that is expected to be short; else blocks the client until a worker has run it.
    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let flags = context.flags
        try context.refuseTransaction(flags)
        let model = try ModelGet.model(at: key, in: context)
        try checkCounts(of: model)
        var plan = ExecutionPlan(tensors: try tensors(in: context))
        let slots = plan.addStep(.model(model), inputs: .range(0..<inputs.count), outputCount: outputs.count)
        let request = PlanRequest(
            plan: plan, outputs: PlanOutputs(keys: outputs, slots: .range(slots), flags: flags),
            answer: .status, timeoutMilliseconds: timeoutMilliseconds)
        request.run(in: context)
    }

    private func tensors(in context: borrowing RedisContext) throws(CommandError) -> [Tensor] {
        guard !inputs.isEmpty else { return [] }
        // A literal is several times cheaper than an array that grows (Swift 6.3).
        var tensors = [try TensorGet.tensor(at: inputs[inputs.startIndex], in: context)]
        if inputs.count > 1 { tensors.reserveCapacity(inputs.count) }
        for input in inputs.dropFirst() { tensors.append(try TensorGet.tensor(at: input, in: context)) }
        return tensors
    }

    /// - Throws: what is wrong with the counts, or why the model could not be built.
    func checkCounts(of model: Model) throws(CommandError) {
        do throws(ExecutionError) {
            try model.check(inputCount: inputs.count, outputCount: outputs.count)
        } catch {
            // The administrator may have brought the library meanwhile; the request waits then.
            if error.mayPass, ModuleState.current.scheduler.rebuild(model) { return }
            throw .execution(error)
        }
    }
}
