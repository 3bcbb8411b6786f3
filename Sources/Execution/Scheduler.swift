import Synchronization
import Tensors

/// Owns the queues of all devices, builds models, and decides where a plan runs.
public final class Scheduler: Sendable {
    private let settings: RunSettings
    private let loader: ModelLoader
    private let log: @Sendable (String) -> Void
    private let queues = Locked<[RunQueue]>([])
    private let watch: RunWatch
    /// Of the thread that calls `runInline` and `runInPlace`.
    private let inlineSlot: RunSlot

    /// - Parameter log: called on any thread with what an administrator should know.
    public init(
        _ settings: RunSettings, provider: any BackendProvider,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.log = log
        loader = ModelLoader(provider: provider)
        watch = RunWatch { settings.executionTimeoutMilliseconds }
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
        guard let queue = RunQueue(name: name, settings: settings, watch: watch, log: log) else {
            throw .queueUnavailable
        }
        queues.withLock { $0.append(queue) }
        return queue
    }

    /// A model in state loading, which becomes ready or failed in the background.
    ///
    /// One whose device gets no queue has failed: somebody else has accepted it, and its bytes are kept.
    /// - Throws: `.tooManyDevices` or `.queueUnavailable` if there is no queue at all.
    public func loadingModel(_ definition: ModelDefinition) throws(ExecutionError) -> Model {
        do throws(ExecutionError) {
            let model = try newModel(definition)
            start(model)
            return model
        } catch {
            guard let other = allQueues.first else { throw error }
            let build = ModelBuild(disposal: loader)
            build.end(.failure(error))
            return Model(definition, build: build, queue: other)
        }
    }

    private func start(_ model: Model) {
        loader.start(model.definition.backend) { [loader] in
            loader.buildNow(model.build, model.definition)
        } failed: { error in
            model.build.end(.failure(error))
        }
    }

    /// Builds a model in the background whose library was missing when that was tried, and is open now.
    /// - Returns: whether the model is loading again.
    public func rebuild(_ model: Model) -> Bool {
        guard loader.hasOpen(model.definition.backend), model.build.reopen() else { return false }
        start(model)
        return true
    }

    /// A model that is ready, built on the calling thread.
    /// - Throws: why it could not be built.
    public func readyModel(_ definition: ModelDefinition) throws(ExecutionError) -> Model {
        let model = try newModel(definition)
        loader.buildNow(model.build, definition)
        _ = try model.build.loadedModel()
        return model
    }

    /// Defines and builds a model in the background.
    ///
    /// - Parameters:
    ///   - device: where it will run; its queue is made before this returns.
    ///   - define: called on a loader thread.
    ///   - completion: called once on a background thread, with the ready model or why there is none.
    /// - Throws: `.tooManyDevices`, `.queueUnavailable`; the completion is not called then.
    public func prepareModel(
        _ backend: BackendKind, on device: Device,
        define: @escaping @Sendable () throws(ExecutionError) -> ModelDefinition,
        completion: @escaping @Sendable (Result<Model, ExecutionError>) -> Void
    ) throws(ExecutionError) {
        try queue(for: device)
        loader.start(backend) {
            do throws(ExecutionError) {
                completion(.success(try self.readyModel(try define())))
            } catch {
                completion(.failure(error))
            }
        } failed: { error in
            completion(.failure(error))
        }
    }

    private func newModel(_ definition: ModelDefinition) throws(ExecutionError) -> Model {
        Model(definition, build: ModelBuild(disposal: loader), queue: try queue(for: definition.device))
    }

    /// Runs a plan on the calling thread if that is expected to be over soon. Calls must not overlap; the
    /// server's thread makes them.
    ///
    /// - Returns: nil if the plan has to be queued, with `submit`.
    public func runInline(_ plan: ExecutionPlan) -> PlanOutcome? {
        guard isShort(plan) else { return nil }
        return runInPlace(plan)
    }

    /// Runs a plan on the calling thread, however long it takes, under the rule of `runInline`; a model that
    /// is loading is an error.
    public func runInPlace(_ plan: ExecutionPlan) -> PlanOutcome {
        var outcome = PlanOutcome(of: plan)
        for index in plan.steps.indices {
            let step = plan.steps[index]
            do throws(ExecutionError) {
                guard let inputs = outcome.inputs(step.inputs) else { throw .missingInput }
                let outputs = try step.model.run(inputs, outputCount: step.outputs.count, slot: inlineSlot)
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
            guard step.model.queue.waitingCount == 0, step.model.canOverlap, !step.model.waits(rows: rows),
                let expected = step.model.statistics.expectedNanoseconds(rows: rows)
            else { return false }
            remaining -= expected
            guard remaining >= 0 else { return false }
        }
        return true
    }
}
