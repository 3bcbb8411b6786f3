import Synchronization
import Tensors

/// A model as a key holds it: what the client said, the build, and its own statistics.
public final class Model: Runnable {
    public let definition: ModelDefinition
    public let build: ModelBuild
    public let statistics: RunStatistics
    public let label: ActivityLabel
    /// What its next run may take.
    let costs: RunCosts
    /// Where its runs wait.
    let queue: RunQueue
    private let isGone = Atomic<Bool>(false)
    private let uncountedTwin = AtomicLazyReference<Model>()

    public init(_ definition: ModelDefinition, build: ModelBuild, queue: RunQueue) {
        self.definition = definition
        self.build = build
        self.queue = queue
        statistics = RunStatistics()
        costs = RunCosts()
        label = ActivityLabel(definition.backend, definition.device, tag: definition.tag)
    }

    private init(uncounted model: Model) {
        definition = model.definition
        build = model.build
        queue = model.queue
        statistics = .ofNobody
        costs = model.costs
        label = model.label
    }

    /// The same model for runs that its statistics do not count. It is not told when the model leaves its
    /// key, so its runs should be hurried.
    public var uncounted: Model {
        uncountedTwin.load() ?? uncountedTwin.storeIfNil(Model(uncounted: self))
    }

    /// The same model under another key, with statistics of its own.
    public func copied() -> Model { Model(definition, build: build, queue: queue) }

    /// No key holds it any more, so that nobody new comes: what waits for MINBATCHSIZE runs with what there
    /// is, now and later. Any thread.
    public func leaveKeys() {
        isGone.store(true, ordering: .sequentiallyConsistent)
        hurryWaiting()
    }

    /// What waits for MINBATCHSIZE runs with what there is. Any thread.
    public func hurryWaiting() {
        if definition.batching.minimumSize > 0 { queue.hurryAll(of: ObjectIdentifier(self)) }
    }

    /// Whether no key holds it any more.
    var hasLeftKeys: Bool { isGone.load(ordering: .sequentiallyConsistent) }

    /// The names of the inputs: the model's own once it is ready, else those it was saved with.
    public var inputNames: [[UInt8]] {
        build.loadedIfReady?.inputs.map(\.name) ?? definition.inputNames
    }

    public var outputNames: [[UInt8]] {
        build.loadedIfReady?.outputs.map(\.name) ?? definition.outputNames
    }

    /// Bytes of memory: the model as given and, once ready, its loaded form.
    public var memoryByteCount: Int {
        definition.bytes.allocatedByteCount + (build.loadedIfReady?.memoryByteCount ?? 0)
    }

    public static func memoryByteCount(of loaded: any LoadedModel) -> Int { loaded.memoryByteCount }

    /// Refuses counts that the model does not have; nothing is known of it while it loads.
    /// - Throws: `.inputCountMismatch`, `.outputCountMismatch`, or why the model could not be built.
    public func check(inputCount: Int, outputCount: Int) throws(ExecutionError) {
        guard let loaded = try build.loaded() else { return }
        try check(loaded, inputCount: inputCount, outputCount: outputCount)
    }

    /// Runs the model once on the calling thread, and counts it.
    ///
    /// - Parameters:
    ///   - size: of the inputs, for who knows it.
    ///   - slot: the thread's.
    ///   - waitingSince: when the request could have run, on the clock `Monotonic`; nil for one that has
    ///     not waited, because it runs inline.
    ///   - limitSince: from when on the time that the run may take counts; nil = from its begin.
    func run(
        _ inputs: [Tensor], size: RunSize? = nil, outputCount: Int, slot: RunSlot, waitingSince: Int? = nil,
        limitSince: Int? = nil
    ) throws(ExecutionError) -> [Tensor?] {
        var began: Int?
        do throws(ExecutionError) {
            guard let loaded = try build.loaded() else { throw .loading }
            try check(loaded, inputCount: inputs.count, outputCount: outputCount)
            let start = Monotonic.nanoseconds
            began = start
            let inputs = try inputs.prepared()
            let outputs = try slot.activity.during(label, of: definition.backend) {
                () throws(ExecutionError) in
                try build.run(loaded, inputs, slot, since: limitSince ?? start)
            }
            // What was lost has been counted.
            guard !slot.isLost else { return outputs }
            guard outputs.count == outputCount else { throw .unexpectedOutputCount }
            let end = Monotonic.nanoseconds
            loaded.ran(for: end - start)
            record(inputs, size, outputs, from: start, to: end, waitingSince: waitingSince)
            return outputs
        } catch {
            guard !slot.isLost else { throw error }
            statistics.recordFailure(isInline: waitingSince == nil)
            if let began {
                let nanoseconds = Monotonic.nanoseconds - began
                build.loadedIfReady?.ran(for: nanoseconds)
                costs.recordFailure(nanoseconds, RunSize(inputs))
            }
            throw error
        }
    }

    private func record(
        _ inputs: [Tensor], _ size: RunSize?, _ outputs: [Tensor?], from start: Int, to end: Int,
        waitingSince: Int?
    ) {
        let rows = inputs.first?.shape.rowCount ?? 1
        let samples = outputs.first.flatMap { $0 }?.shape.rowCount ?? 0
        costs.record(end - start, size ?? RunSize(inputs))
        guard let waitingSince else {
            return statistics.recordInline(nanoseconds: end - start, rows: rows, samples: samples)
        }
        statistics.recordRun(nanoseconds: end - start, rows: rows)
        statistics.recordRequest(waited: start - waitingSince, total: end - waitingSince, samples: samples)
    }

    /// Runs the model once for several requests of one kind, and counts one run and each request.
    ///
    /// - Parameters:
    ///   - requests: the inputs of each, with rows that can be joined.
    ///   - slot: the calling thread's.
    ///   - waitingSince: when each could have run, on the clock `Monotonic`.
    /// - Returns: the outputs of each; nil if they have to be run one by one, which counts nothing.
    func run(
        together requests: [[Tensor]], outputCount: Int, slot: RunSlot, waitingSince: [Int]
    ) -> [[Tensor?]]? {
        do throws(ExecutionError) {
            guard let loaded = try build.loaded() else { return nil }
            try check(loaded, inputCount: requests[0].count, outputCount: outputCount)
            let inputs = try join(requests)
            let rows = requests.map { $0[0].shape.rowCount }
            let start = Monotonic.nanoseconds
            let outputs = try slot.activity.during(label, of: definition.backend) {
                () throws(ExecutionError) in
                try build.run(loaded, inputs, slot, since: start)
            }
            guard !slot.isLost else { return nil }
            let end = Monotonic.nanoseconds
            loaded.ran(for: end - start)
            guard outputs.count == outputCount, let parts = split(outputs, rows: rows) else { return nil }
            costs.record(end - start, RunSize(inputs))
            statistics.recordRun(nanoseconds: end - start, rows: rows.reduce(0, +))
            for (part, since) in zip(parts, waitingSince) {
                let samples = part.first.flatMap { $0 }?.shape.rowCount ?? 0
                statistics.recordRequest(waited: start - since, total: end - since, samples: samples)
            }
            return parts
        } catch {
            return nil
        }
    }

    private func join(_ requests: [[Tensor]]) throws(ExecutionError) -> [Tensor] {
        do throws(TensorError) { return try TensorBatch.join(requests) } catch { throw .outOfMemory }
    }

    /// - Returns: nil if the model does not make a row of each output from a row of its inputs; it is not
    ///   asked again then.
    private func split(_ outputs: [Tensor?], rows: [Int]) -> [[Tensor?]]? {
        do throws(TensorBatch.SplitError) {
            return try TensorBatch.split(outputs, rows: rows)
        } catch {
            if case .rowCountMismatch = error { build.refuseBatches() }
            return nil
        }
    }

    private func check(
        _ loaded: any LoadedModel, inputCount: Int, outputCount: Int
    ) throws(ExecutionError) {
        guard inputCount == loaded.inputCount else { throw .inputCountMismatch }
        guard outputCount == loaded.outputCount else { throw .outputCountMismatch }
    }

    /// Whether a run with so many rows could be done now on the thread that asks, if it is short enough.
    func mayRunInline(rows: Int) -> Bool { !queue.isReady && isFit && !waits(rows: rows) }

    /// Whether a request with so many rows waits for others.
    private func waits(rows: Int) -> Bool {
        let batching = definition.batching
        return rows < batching.minimumSize && rows < batching.maximumSize && !build.refusesBatches
    }

    /// Whether it is ready, needs to wait for no other run, and takes a time that can be foretold.
    private var isFit: Bool {
        guard let loaded = build.loadedIfReady else { return false }
        return loaded.hasBoundedWork && loaded.allowsOverlappingRuns
    }
}
