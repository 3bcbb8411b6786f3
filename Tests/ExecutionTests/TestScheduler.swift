import Tensors
import Testing

@testable import Execution

extension Device {
    static func named(_ name: String) -> Device {
        guard let device = Device(Array(name.utf8)) else { preconditionFailure("no device: \(name)") }
        return device
    }
}

extension RunnableDefinition where Self == ModelDefinition {
    static func on(
        _ device: String = "CPU", batching: BatchSettings = BatchSettings(), bytes: [UInt8] = []
    ) -> ModelDefinition {
        ModelDefinition(
            backend: .onnxRuntime, device: .named(device), tag: [], batching: batching,
            inputNames: [Array("saved input".utf8)], outputNames: [Array("saved output".utf8)],
            bytes: SharedBytes(bytes))
    }
}

extension Scheduler {
    /// A scheduler whose models come from a closure.
    ///
    /// - Parameter budget: in microseconds; 0 = nothing runs inline.
    static func make(
        threads: Int = 1, budget: Int = 0, limit: Int = 1000, provider: TestProvider,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Scheduler {
        let settings = RunSettings()
        settings.threadsPerQueue = threads
        settings.inlineBudgetMicroseconds = budget
        settings.queueLimit = limit
        return Scheduler(settings, provider: provider, log: log)
    }

    static func make(
        threads: Int = 1, budget: Int = 0, limit: Int = 1000, build: @escaping TestProvider.Build
    ) throws -> Scheduler {
        try make(threads: threads, budget: budget, limit: limit, provider: TestProvider(build: build))
    }

    /// A scheduler and a ready model of its own.
    static func make(
        threads: Int = 1, budget: Int = 0, limit: Int = 1000, running loaded: TestModel,
        on device: String = "CPU"
    ) throws -> (Scheduler, Model) {
        let scheduler = try make(threads: threads, budget: budget, limit: limit) { _ in loaded }
        return (scheduler, try scheduler.ready(.on(device)))
    }
}

extension ExecutionPlan {
    /// One run of one model.
    static func once(_ model: Model, _ inputs: Tensor..., outputCount: Int = 1) -> ExecutionPlan {
        var plan = ExecutionPlan(tensors: inputs)
        plan.addStep(model, inputs: Array(inputs.indices), outputCount: outputCount)
        return plan
    }
}

extension PlanOutcome {
    /// How each step ended, in words that can be compared.
    var words: [String] {
        results.map { result in
            switch result {
            case .ran: "ran"
            case .failed(let error): "failed: \(error)"
            case .notRun: "not run"
            }
        }
    }

    /// The bytes of each slot.
    var contents: [[UInt8]?] { tensors.map { $0?.content } }
}

/// Notes what a plan tells, and lets the test wait for its end.
final class PlanRecorder: PlanCompletion {
    struct Record: Sendable {
        var beginCount = 0
        var endCount = 0
        var outcomes: [PlanOutcome] = []
    }

    private let record = Locked(Record())
    private let ended = Gate()

    func stepBegins() { record.withLock { $0.beginCount += 1 } }
    func stepEnded() { record.withLock { $0.endCount += 1 } }

    func planEnded(_ outcome: PlanOutcome) {
        record.withLock { $0.outcomes.append(outcome) }
        ended.open()
    }

    /// What has been told so far.
    var soFar: Record { record.withLock { $0 } }

    /// The plan's outcome, as soon as there is one.
    var outcome: PlanOutcome {
        get throws {
            ended.wait()
            return try #require(soFar.outcomes.first)
        }
    }
}

extension Scheduler {
    /// Queues a plan; the recorder tells how it went.
    func start(_ plan: ExecutionPlan) -> PlanRecorder {
        let recorder = PlanRecorder()
        _ = submit(plan, completion: recorder)
        return recorder
    }

    /// Returns when the device's only worker has done all that was queued before.
    func drain(_ device: String = "CPU") throws {
        let model = Model(
            .on(device), build: .ready(TestModel.addingOne()), queue: try queue(for: .named(device)))
        _ = try start(.once(model, .row(0))).outcome
    }
}

extension ModelBuild {
    /// A build that has ended well.
    static func ready(_ loaded: TestModel) -> ModelBuild {
        let build = ModelBuild { _ in }
        build.end(.success(loaded))
        return build
    }
}
