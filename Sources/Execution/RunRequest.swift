import Tensors

/// A step of a plan that waits for a worker, with all that its run needs.
///
/// An object, since it goes through several tables on its way: a copy of all it holds would cost more.
final class RunRequest: Sendable {
    let plan: PlanRun
    let step: Int
    let work: Work
    let inputs: [Tensor]
    let outputCount: Int
    /// When it could have run, on the clock `Monotonic`: before `queuedAt` if it was being built.
    let waitingSince: Int
    let queuedAt: Int
    /// Whether it was in a batch already, which failed or was lost.
    let wasJoined: Bool

    init(
        plan: PlanRun, step: Int, work: Work, inputs: [Tensor], outputCount: Int, waitingSince: Int,
        queuedAt: Int, wasJoined: Bool
    ) {
        self.plan = plan
        self.step = step
        self.work = work
        self.inputs = inputs
        self.outputCount = outputCount
        self.waitingSince = waitingSince
        self.queuedAt = queuedAt
        self.wasJoined = wasJoined
    }

    /// Nil if it runs by itself.
    /// - Parameter longestWaitMilliseconds: for MINBATCHSIZE at most; 0 = no limit.
    func batchMember(longestWaitMilliseconds: Int) -> BatchMember? {
        guard !wasJoined, case .model(let model) = work, !model.build.refusesBatches else { return nil }
        return BatchMember(
            model: ObjectIdentifier(model), settings: model.definition.batching, inputs: inputs,
            longestWait: longestWaitMilliseconds)
    }

    /// Whether it does not wait for MINBATCHSIZE: nobody new comes to its model, or nobody waits for it but
    /// keys.
    var isUrgent: Bool {
        guard case .model(let model) = work else { return false }
        return plan.isHurried || model.hasLeftKeys
    }

    /// Runs it on the calling worker, whose slot it is, unless nobody waits for it any more.
    func run(_ slot: RunSlot) {
        if plan.begins(step) { runAlone(slot) }
    }

    /// Runs several of one kind together, and one by one if that fails: what is wrong with one of them, or
    /// with the model's way with batches, must not fail the others.
    static func run(together requests: [RunRequest], _ slot: RunSlot) {
        let live = requests.filter { $0.plan.begins($0.step) }
        guard let outputs = outputs(of: live, slot) else {
            for index in live.indices {
                // A run that was lost is not repeated, and others have taken over what is left.
                guard !slot.isLost else { return }
                live[index].runAlone(slot, before: live[(index + 1)...])
            }
            return
        }
        for (request, outputs) in zip(live, outputs) { request.plan.ended(request.step, outputs: outputs) }
    }

    /// The outputs of each, from one run for all; nil if that was not to be, or was lost.
    private static func outputs(of requests: [RunRequest], _ slot: RunSlot) -> [[Tensor?]]? {
        guard requests.count > 1, let first = requests.first, case .model(let model) = first.work
        else { return nil }
        slot.serve(.together(requests))
        defer { slot.serve(.none) }
        return model.run(
            together: requests.map(\.inputs), outputCount: first.outputCount, slot: slot,
            waitingSince: requests.map(\.waitingSince))
    }

    /// - Parameter others: those that the worker runs after this one.
    private func runAlone(_ slot: RunSlot, before others: ArraySlice<RunRequest> = []) {
        slot.serve(.one(self, before: others))
        defer { slot.serve(.none) }
        do throws(ExecutionError) {
            let outputs = try work.run(
                inputs, outputCount: outputCount, slot: slot, waitingSince: waitingSince)
            if !slot.isLost { plan.ended(step, outputs: outputs) }
        } catch {
            if !slot.isLost { plan.failed(step, error) }
        }
    }

    /// The run for this request was lost after so long: it ends with an error.
    func lose(after nanoseconds: Int) {
        work.recordLoss(of: inputs, nanoseconds: nanoseconds)
        plan.failed(step, .runLost)
    }

    /// It was about to run on a worker that was lost, and waits for another one.
    func waitAgain() { plan.waitsAgain(step, since: waitingSince) }
}
