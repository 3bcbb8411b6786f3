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
    /// Of the thread that calls `runInline` and `runInPlace`.
    private let inlineSlot: RunSlot

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

    /// Runs a plan on the calling thread if that is expected to be over soon. Calls must not overlap; the
    /// server's thread makes them.
    ///
    /// - Returns: nil if the plan has to be queued, with `submit`.
    public func runInline(_ plan: ExecutionPlan) -> PlanOutcome? {
        guard isShort(plan) else { return nil }
        return runInPlace(plan)
    }

    /// Runs a plan on the calling thread, however long it takes, under the rule of `runInline`; what is
    /// loading is an error.
    public func runInPlace(_ plan: ExecutionPlan) -> PlanOutcome {
        var outcome = PlanOutcome(of: plan)
        for index in plan.steps.indices {
            let step = plan.steps[index]
            do throws(ExecutionError) {
                guard let inputs = outcome.inputs(step.inputs) else { throw .missingInput }
                let outputs = try step.work.run(inputs, outputCount: step.outputs.count, slot: inlineSlot)
                outcome.end(index, outputs: outputs, in: step.outputs)
            } catch {
                outcome.end(index, .failed(error))
                return outcome
            }
        }
        return outcome
    }

    /// Queues a plan and returns at once; the completion is called on a worker.
    public func submit(_ plan: ExecutionPlan, completion: any PlanCompletion) -> PlanRun {
        let run = PlanRun(plan, completion: completion)
        run.begin()
        return run
    }

    private func isShort(_ plan: ExecutionPlan) -> Bool {
        guard !plan.steps.isEmpty else { return true }
        var remaining = settings.inlineBudgetMicroseconds * 1000
        guard remaining > 0 else { return false }
        var rows = 1
        for step in plan.steps {
            // What earlier steps make is taken to have as many rows as what they were made of.
            if let first = step.inputs.first, first < plan.tensors.count {
                rows = plan.tensors[first].shape.rowCount
            }
            guard let expected = step.work.expectedInlineNanoseconds(rows: rows) else { return false }
            remaining -= expected
            guard remaining >= 0 else { return false }
        }
        return true
    }
}
