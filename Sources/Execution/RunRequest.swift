import Tensors

/// A step of a plan that waits for a worker, with all that its run needs.
struct RunRequest: Sendable {
    let plan: PlanRun
    let step: Int
    let work: Work
    let inputs: [Tensor]
    let outputCount: Int
    /// When it could have run, on the clock `Monotonic`: before `queuedAt` if it was being built.
    let waitingSince: Int
    let queuedAt: Int

    /// Nil if it runs by itself.
    var batchMember: BatchMember? {
        guard case .model(let model) = work, !model.build.refusesBatches else { return nil }
        return BatchMember(
            model: ObjectIdentifier(model), settings: model.definition.batching, inputs: inputs)
    }

    /// Runs it on the calling worker, whose slot it is, unless nobody waits for it any more.
    func run(_ slot: RunSlot) {
        if plan.begins(step) { runAlone(slot) }
    }

    /// Runs several of one kind together, and one by one if that fails: what is wrong with one of them, or
    /// with the model's way with batches, must not fail the others.
    static func run(together requests: [RunRequest], _ slot: RunSlot) {
        let live = requests.filter { $0.plan.begins($0.step) }
        guard let first = live.first else { return }
        guard live.count > 1, case .model(let model) = first.work,
            let outputs = model.run(
                together: live.map(\.inputs), outputCount: first.outputCount, slot: slot,
                waitingSince: live.map(\.waitingSince))
        else {
            for request in live { request.runAlone(slot) }
            return
        }
        for (request, outputs) in zip(live, outputs) { request.plan.ended(request.step, outputs: outputs) }
    }

    private func runAlone(_ slot: RunSlot) {
        do throws(ExecutionError) {
            let outputs = try work.run(
                inputs, outputCount: outputCount, slot: slot, waitingSince: waitingSince)
            plan.ended(step, outputs: outputs)
        } catch {
            plan.failed(step, error)
        }
    }
}
