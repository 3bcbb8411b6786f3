import Execution
import Keyspace
import Redis
import Tensors

/// One model, tensors from keys, and keys for what comes out: where both spellings of a run meet.
struct ModelRequest {
    let key: Argument
    let inputs: ArgumentSlice
    let outputs: ArgumentSlice
    /// 0 = no deadline.
    let timeoutMilliseconds: Int

    /// Runs at once if that is expected to be short; else blocks the client until a worker has run it.
    func run(in context: borrowing RedisContext) throws(CommandError) {
        try Self.refuseTransaction(context)
        let plan = try plan(in: context)
        let scheduler = ModuleState.current.scheduler
        if let outcome = scheduler.runInline(plan) {
            try StoredOutputs.store(outcome, from: outputSlots, at: outputs, in: context)
            return context.replyOK()
        }
        guard !context.flags.contains(.cannotBlock) else { throw .inTransaction }
        let pending = PendingRun(outputs: outputs, from: outputSlots, context)
        let client = context.block(pending, timeoutMilliseconds: timeoutMilliseconds)
        pending.run = scheduler.submit(plan, completion: RunCompletion(client, pending))
    }

    /// Where the plan of one step puts its outputs.
    private var outputSlots: Range<Int> { inputs.count..<inputs.count + outputs.count }

    static func refuseTransaction(_ context: borrowing RedisContext) throws(CommandError) {
        guard context.flags.isDisjoint(with: [.script, .transaction]) else { throw .inTransaction }
    }

    private func plan(in context: borrowing RedisContext) throws(CommandError) -> ExecutionPlan {
        let model = try ModelGet.model(at: key, in: context)
        do throws(ExecutionError) {
            try model.check(inputCount: inputs.count, outputCount: outputs.count)
        } catch {
            // The administrator may have brought the library meanwhile; the request waits then.
            guard ModuleState.current.scheduler.rebuild(model) else { throw .execution(error) }
        }
        var plan = ExecutionPlan(tensors: try tensors(in: context))
        plan.addStep(model, inputs: .range(0..<inputs.count), outputCount: outputs.count)
        return plan
    }

    private func tensors(in context: borrowing RedisContext) throws(CommandError) -> [Tensor] {
        guard !inputs.isEmpty else { return [] }
        // A literal is several times cheaper than an array that grows (Swift 6.3).
        var tensors = [try TensorGet.tensor(at: inputs[inputs.startIndex], in: context)]
        if inputs.count > 1 { tensors.reserveCapacity(inputs.count) }
        for input in inputs.dropFirst() { tensors.append(try TensorGet.tensor(at: input, in: context)) }
        return tensors
    }
}

/// Puts what a plan of one step made at the keys that its client named.
enum StoredOutputs {
    /// All or nothing: the types of all keys are looked at before the first is written.
    /// - Throws: why the step failed; `.wrongType`.
    static func store(
        _ outcome: PlanOutcome, from slots: Range<Int>, at keys: some Collection<Argument>,
        in context: borrowing RedisContext
    ) throws(CommandError) {
        if let error = outcome.firstError { throw .execution(error) }
        let tensors = ModuleState.current.tensors
        do throws(WrongType) {
            if keys.count > 1 { for key in keys { _ = try context.read(key).value(tensors) } }
            for (index, key) in keys.enumerated() {
                let handle = context.write(key)
                let old = try handle.value(tensors)
                guard let tensor = outcome.tensor(slots.lowerBound + index) else {
                    // Not a tensor. What an earlier run left there must not pass for this one's output.
                    if old != nil { delete(key, handle, in: context) }
                    continue
                }
                handle.set(tensor, tensors)
                context.replicate("AI.TENSORSET", tensor.commandWords(key: key))
            }
        } catch {
            throw .wrongType
        }
    }

    private static func delete(
        _ key: Argument, _ handle: borrowing KeyHandle, in context: borrowing RedisContext
    ) {
        handle.delete()
        var words = CommandWords()
        words.append(key)
        context.replicate("DEL", words)
    }
}

/// A client that waits for a plan.
private final class PendingRun: PendingReply, @unchecked Sendable {
    private let outputs: RetainedArguments
    private let slots: Range<Int>
    /// Written by a worker before the client is unblocked, read by the main thread after.
    var outcome: PlanOutcome?
    /// Main thread only.
    var run: PlanRun?

    init(outputs: ArgumentSlice, from slots: Range<Int>, _ context: borrowing RedisContext) {
        self.slots = slots
        self.outputs = RetainedArguments(outputs)
        super.init(context)
    }

    override func send(in context: borrowing RedisContext) {
        do throws(CommandError) {
            try store(in: context)
            context.replyOK()
        } catch {
            context.reply(error: error.text)
        }
    }

    /// The outputs are stored though the client has left: somebody may have been told their keys.
    override func abandon(in context: borrowing RedisContext) {
        do throws(CommandError) { try store(in: context) } catch {
            Log.warning("the outputs of a run whose client has left were not stored: \(error.text)")
        }
    }

    override func deadlinePassed() { run?.cancel() }

    override func finish() {
        outcome = nil
        run = nil
        outputs.release()
    }

    private func store(in context: borrowing RedisContext) throws(CommandError) {
        guard let outcome else { preconditionFailure("a client was unblocked without an outcome") }
        try StoredOutputs.store(outcome, from: slots, at: outputs.arguments, in: context)
    }
}

/// Hands a plan's outcome from the worker to the client that waits.
private final class RunCompletion: PlanCompletion, Sendable {
    private let client: BlockedClient
    private let pending: PendingRun

    init(_ client: BlockedClient, _ pending: PendingRun) {
        self.client = client
        self.pending = pending
    }

    func stepBegins() { client.beginTime() }

    func stepEnded() { client.endTime() }

    func planEnded(_ outcome: PlanOutcome) {
        client.unblock { pending.outcome = outcome }
    }
}
