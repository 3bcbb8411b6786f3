import Synchronization
import Tensors

/// Is told how a plan goes; called on worker threads.
public protocol PlanCompletion: AnyObject, Sendable {
    /// A step begins to run; its time counts until `stepEnded`.
    func stepBegins()
    func stepEnded()
    /// The last call, once.
    func planEnded(_ outcome: PlanOutcome)
}

/// A plan on its way through the queues. Pins models and tensors: keys may change meanwhile.
public final class PlanRun: Sendable {
    private struct State: Sendable {
        var progress: PlanProgress
        var outcome: PlanOutcome
    }

    private let plan: ExecutionPlan
    private let completion: any PlanCompletion
    private let state: Locked<State>
    private let isCancelled = Atomic<Bool>(false)

    init(_ plan: ExecutionPlan, completion: any PlanCompletion) {
        self.plan = plan
        self.completion = completion
        let queues = plan.steps.map { ObjectIdentifier($0.model.queue) }
        let progress = PlanProgress(
            inputs: plan.steps.map(\.inputs.slots), outputs: plan.steps.map(\.outputs),
            devices: queues.map { queue in queues.firstIndex(of: queue) ?? 0 })
        state = Locked(State(progress: progress, outcome: PlanOutcome(of: plan)))
    }

    /// Steps that have not begun never will; nobody waits for the outcome.
    public func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func begin() { act(state.withLock { $0.progress.begin() }) }

    /// Runs a step on the calling worker.
    func run(step index: Int) {
        let step = plan.steps[index]
        guard !isCancelled.load(ordering: .relaxed) else { return end(index, .notRun) }
        guard let inputs = state.withLock({ $0.outcome.inputs(step.inputs) }) else {
            // An earlier step made something there that is not a tensor.
            return end(index, .failed(.missingInput))
        }
        completion.stepBegins()
        do throws(ExecutionError) {
            let outputs = try step.model.run(inputs, outputCount: step.outputs.count)
            completion.stepEnded()
            end(index, outputs)
        } catch {
            completion.stepEnded()
            end(index, .failed(error))
        }
    }

    private func end(_ index: Int, _ outputs: [Tensor?]) {
        act(
            state.withLock { state in
                state.outcome.end(index, outputs: outputs, in: plan.steps[index].outputs)
                return state.progress.end(index, succeeded: true)
            })
    }

    /// - Parameter result: not that it ran.
    private func end(_ index: Int, _ result: StepResult) {
        act(
            state.withLock { state in
                state.outcome.end(index, result)
                return state.progress.end(index, succeeded: false)
            })
    }

    private func act(_ action: PlanProgress.Action) {
        for index in action.start {
            let model = plan.steps[index].model
            // At once if the model is ready; else the request waits for the build.
            model.build.whenEnded { self.enqueue(index) }
        }
        guard action.isEnded else { return }
        completion.planEnded(state.withLock { $0.outcome })
    }

    private func enqueue(_ index: Int) {
        let queue = plan.steps[index].model.queue
        guard !queue.enqueue(RunRequest(plan: self, step: index)) else { return }
        end(index, .failed(.queueFull(device: queue.name, limit: queue.limit)))
    }
}
