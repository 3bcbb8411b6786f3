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

/// A plan on its way through the queues. Pins models, scripts and tensors: keys may change meanwhile.
public final class PlanRun: Sendable {
    /// Where a step waits, so that it can be taken out again.
    private struct Place: Sendable {
        let step: Int
        let queue: RunQueue
        let ticket: RunQueue.Waiting.Ticket
    }

    private struct State: Sendable {
        var progress: PlanProgress
        var outcome: PlanOutcome
        var places: [Place] = []
    }

    private let plan: ExecutionPlan
    private let completion: any PlanCompletion
    private let state: Locked<State>
    private let isCancelled = Atomic<Bool>(false)
    private let hurried = Atomic<Bool>(false)

    /// - Parameter begun: what has run already: the first steps, all well.
    init(_ plan: ExecutionPlan, after begun: PlanOutcome, completion: any PlanCompletion) {
        self.plan = plan
        self.completion = completion
        let queues = plan.steps.map { ObjectIdentifier($0.work.queue) }
        let progress = PlanProgress(
            inputs: plan.steps.map(\.inputs.slots), outputs: plan.steps.map(\.outputs),
            devices: queues.map { queue in queues.firstIndex(of: queue) ?? 0 })
        state = Locked(State(progress: progress, outcome: begun))
    }

    /// Steps that have not begun never will, and leave their queues; any thread.
    public func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        let places = state.withLock { state in
            defer { state.places = [] }
            return state.places
        }
        for place in places { leave(place) }
    }

    /// Steps do not wait for others to share a run with any more; any thread.
    public func hurry() {
        hurried.store(true, ordering: .sequentiallyConsistent)
        for place in state.withLock({ $0.places }) { place.queue.hurry(place.ticket) }
    }

    /// Whether steps do not wait for others to share a run with.
    var isHurried: Bool { hurried.load(ordering: .sequentiallyConsistent) }

    func begin() { act(state.withLock { $0.progress.begin(after: $0.outcome.ranCount) }) }

    /// A worker is about to run a step.
    /// - Returns: false if it need not, since nobody waits for it any more; it has ended then.
    func begins(_ step: Int) -> Bool {
        guard !isCancelled.load(ordering: .relaxed) else {
            end(step, .notRun)
            return false
        }
        completion.stepBegins()
        return true
    }

    func ended(_ step: Int, outputs: [Tensor?]) {
        completion.stepEnded()
        act(
            state.withLock { state in
                state.outcome.end(step, outputs: outputs, in: plan.steps[step].outputs)
                return state.progress.end(step, succeeded: true)
            })
    }

    func failed(_ step: Int, _ error: ExecutionError) {
        completion.stepEnded()
        end(step, .failed(error))
    }

    /// A step leaves its queue, as nobody can run it any more.
    func refused(_ step: Int, _ error: ExecutionError) { end(step, .failed(error)) }

    /// A step of which a batch was to be repeated waits for another worker, by itself.
    /// - Parameter waitingSince: when it could have run first, on the clock `Monotonic`.
    func waitsAgain(_ step: Int, since waitingSince: Int) {
        completion.stepEnded()
        enqueue(step, waitingSince: waitingSince, wasJoined: true)
    }

    /// - Parameter result: not that it ran.
    private func end(_ step: Int, _ result: StepResult) {
        act(
            state.withLock { state in
                state.outcome.end(step, result)
                return state.progress.end(step, succeeded: false)
            })
    }

    private func act(_ action: PlanProgress.Action) {
        for step in action.start {
            let now = Monotonic.nanoseconds
            // At once if the model or script is ready; else the request waits for the build.
            plan.steps[step].work.whenBuilt { self.enqueue(step, waitingSince: now) }
        }
        guard action.isEnded else { return }
        completion.planEnded(state.withLock { $0.outcome })
    }

    private func enqueue(_ index: Int, waitingSince: Int, wasJoined: Bool = false) {
        let step = plan.steps[index]
        let (isStopped, inputs) = state.withLock { state in
            (state.progress.isStopped, state.outcome.inputs(step.inputs))
        }
        // Another step may have been refused by its queue while this one was about to start.
        guard !isStopped, !isCancelled.load(ordering: .relaxed) else { return end(index, .notRun) }
        // An earlier step made something there that is not a tensor.
        guard let inputs else { return end(index, .failed(.missingInput)) }
        let request = RunRequest(
            plan: self, step: index, work: step.work, inputs: inputs, outputCount: step.outputs.count,
            waitingSince: waitingSince, queuedAt: Monotonic.nanoseconds, wasJoined: wasJoined)
        let queue = step.work.queue
        let ticket: RunQueue.Waiting.Ticket
        do throws(ExecutionError) { ticket = try queue.enqueue(request) } catch {
            return end(index, .failed(error))
        }
        let place = Place(step: index, queue: queue, ticket: ticket)
        state.withLock { $0.places.append(place) }
        // The cancellation may have come before the place was known.
        if isCancelled.load(ordering: .sequentiallyConsistent) { leave(place) }
        if isHurried { queue.hurry(ticket) }
    }

    private func leave(_ place: Place) {
        if place.queue.remove(place.ticket) { end(place.step, .notRun) }
    }
}
