import Synchronization
import Tensors

/// Owns the queues of all devices, builds what runs on them, and decides where a plan runs.
public final class Scheduler: Sendable {
    private let settings: RunSettings
    let loader: Loader
    private let log: @Sendable (String) -> Void
    private let queues = Locked<[RunQueue]>([])
    let pool: WorkerPool
    let watch: RunWatch
    /// Call those who cannot be called by whoever has news for them.
    let callers: WorkQueue
    /// Calls them if no thread can be started for it.
    let lastCaller = LastCaller()
    let deadlines: Deadlines
    /// Of the thread that calls `runOnServerThread`.
    let calledSlot: RunSlot
    /// Of the thread that calls `runInline` and `runInPlace`.
    private let inlineSlot: RunSlot
    private let turnBudget = TurnBudget()

    /// - Parameter log: called on any thread with what an administrator should know.
    public init(
        _ settings: RunSettings, provider: any BackendProvider,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.log = log
        let watch = RunWatch(
            grace: { settings.stopGraceMilliseconds }, limit: { settings.executionTimeoutMilliseconds })
        let pool = WorkerPool(watch: watch)
        self.watch = watch
        self.pool = pool
        loader = Loader(provider: provider, pool: pool, watch: watch) { settings.buildTimeoutMilliseconds }
        inlineSlot = watch.makeSlot()
        callers = WorkQueue(name: "ai:call", threadCount: 2, pool: pool)
        deadlines = Deadlines(pool: pool)
        calledSlot = watch.makeSlot()
    }

    /// The queues there are, in the order in which they came.
    public var allQueues: [RunQueue] { queues.withLock { $0 } }

    /// The device's queue; made, with its workers, when first asked for.
    /// - Throws: `.tooManyDevices`; `.queueUnavailable` if the threads could not be started.
    @discardableResult
    public func queue(for device: Device) throws(ExecutionError) -> RunQueue {
        let name = device.queueName
        let (found, count) = queues.withLock { queues in (queues.first { $0.name == name }, queues.count) }
        if let found { return found }
        // Only the main thread makes new ones; a loader finds what was made for it.
        let limit = settings.deviceLimit
        guard count < limit else { throw .tooManyDevices(device: name, limit: limit) }
        // Each queue may use all its workers at any time.
        guard pool.grow(to: (count + 1) * settings.threadsPerQueue) else { throw .queueUnavailable }
        let queue = RunQueue(name: name, settings: settings, pool: pool, log: log)
        queues.withLock { $0.append(queue) }
        return queue
    }

    /// All that waits for MINBATCHSIZE runs with what there is. Any thread.
    public func hurryWaiting() { for queue in allQueues { queue.hurryAll() } }

    /// Runs a plan on the calling thread as far as that is expected to be over soon. Calls must not overlap;
    /// the server's thread makes them.
    ///
    /// All of it or nothing, as far as that can be told before: a step whose inputs turn out to be larger
    /// than those it had so far is left over, and so are those behind it.
    ///
    /// - Parameters:
    ///   - turn: the number of the event loop's turn, whose runs share a budget.
    ///   - noticeEnd: is called if the next turn needs another number.
    /// - Returns: what ran; if not all of it, `submit` or `runInPlace` does the rest.
    public func runInline(_ plan: ExecutionPlan, inTurn turn: Int, noticeEnd: () -> Void) -> PlanOutcome {
        let budget = settings.inlineBudgetMicroseconds * 1000
        guard budget > 0, let expected = expectation(of: plan, atMost: budget),
            turnBudget.allows(
                expected.nanoseconds, saving: TurnBudget.handOverNanoseconds, of: budget, inTurn: turn,
                noticeEnd: noticeEnd)
        else { return PlanOutcome(of: plan) }
        // Runs that are expected to take less than is saved do not count; a clock takes a hundredth of one.
        let isCounted = plan.steps.count > 1 || expected.nanoseconds > TurnBudget.handOverNanoseconds
        let start = isCounted ? Monotonic.nanoseconds : 0
        let outcome = run(plan, after: PlanOutcome(of: plan), firstSize: expected.firstSize) {
            index, inputs in
            let step = plan.steps[index]
            guard !step.inputs.areWithin(plan.tensors.count) else { return true }
            let rows = inputs.first?.shape.rowCount ?? 1
            guard let expected = step.work.expectedInlineNanoseconds(RunSize(inputs), rows: rows)
            else { return false }
            // Those behind it are not asked for.
            let rest = expectation(of: plan, from: index + 1, atMost: budget)?.nanoseconds ?? budget
            return turnBudget.allows(
                Monotonic.nanoseconds - start + expected + rest, saving: TurnBudget.handOverNanoseconds,
                of: budget, inTurn: turn, noticeEnd: noticeEnd)
        }
        guard isCounted else { return outcome }
        turnBudget.add(
            Monotonic.nanoseconds - start, saving: TurnBudget.handOverNanoseconds, of: budget, inTurn: turn,
            noticeEnd: noticeEnd)
        return outcome
    }

    /// Runs what is left of a plan on the calling thread, however long it takes, under the rule of
    /// `runInline`; what is loading is an error.
    public func runInPlace(_ plan: ExecutionPlan, after begun: PlanOutcome? = nil) -> PlanOutcome {
        run(plan, after: begun ?? PlanOutcome(of: plan)) { _, _ in true }
    }

    /// Queues what is left of a plan and returns at once; the completion is called on a worker.
    public func submit(
        _ plan: ExecutionPlan, after begun: PlanOutcome? = nil, completion: any PlanCompletion
    ) -> PlanRun {
        let run = PlanRun(plan, after: begun ?? PlanOutcome(of: plan), completion: completion)
        run.begin()
        return run
    }

    /// - Parameters:
    ///   - firstSize: that of the first step's inputs, if known.
    ///   - isAllowed: asked before each step, with its number and inputs.
    @inline(__always)
    private func run(
        _ plan: ExecutionPlan, after begun: consuming PlanOutcome, firstSize: RunSize? = nil,
        isAllowed: (Int, [Tensor]) -> Bool
    ) -> PlanOutcome {
        var outcome = begun
        while let index = outcome.nextStep {
            let step = plan.steps[index]
            do throws(ExecutionError) {
                guard let inputs = outcome.inputs(step.inputs) else { throw .missingInput }
                guard isAllowed(index, inputs) else { return outcome }
                let outputs = try step.work.run(
                    inputs, size: index == 0 ? firstSize : nil, outputCount: step.outputs.count,
                    slot: inlineSlot)
                outcome.end(index, outputs: outputs, in: step.outputs)
            } catch {
                outcome.end(index, .failed(error))
            }
        }
        return outcome
    }

    /// What steps of a plan are expected to take.
    private struct Expectation {
        /// Of the steps whose inputs are there.
        var nanoseconds: Int
        /// Of the first step's inputs; nil if another step makes them.
        var firstSize: RunSize?
    }

    /// - Parameter first: the first that counts.
    /// - Returns: nil if one of them has to be queued, or all, as far as one can guess, take longer than
    ///   `limit` together.
    private func expectation(
        of plan: ExecutionPlan, from first: Int = 0, atMost limit: Int
    ) -> Expectation? {
        var (known, guessed) = (0, 0)
        var rows = 1
        var firstSize: RunSize?
        // By index, since a copy of a step counts references to all that it has.
        for index in first..<plan.steps.count {
            // What earlier steps make is taken to have as many rows as what they were made of.
            if let slot = plan.steps[index].inputs.first, slot < plan.tensors.count {
                rows = plan.tensors[slot].shape.rowCount
            }
            let size = RunSize(plan.steps[index].inputs, of: plan.tensors)
            if index == first { firstSize = size }
            let expected = plan.steps[index].work.expectedInlineNanoseconds(size, rows: rows)
            guard let expected, expected <= limit else { return nil }
            if size == nil { guessed += expected } else { known += expected }
            guard known + guessed <= limit else { return nil }
        }
        return Expectation(nanoseconds: known, firstSize: firstSize)
    }
}
