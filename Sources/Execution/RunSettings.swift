import Synchronization

/// What decides where a run goes, how many may wait and how long one may take. Any thread, no lock.
///
/// Values may change at any time and count from the next request on, unless it says otherwise.
public final class RunSettings: Sendable {
    private let workers = Atomic<Int>(1)
    private let inlineBudget = Atomic<Int>(100)
    private let waiting = Atomic<Int>(10_000)
    private let batchWait = Atomic<Int>(0)
    private let devices = Atomic<Int>(32)
    private let executionTimeout = Atomic<Int>(5000)
    private let stopGrace = Atomic<Int>(500)
    private let buildTimeout = Atomic<Int>(300_000)
    private let memory = Atomic<Int>(0)
    private let allOperations = Atomic<Bool>(false)
    private let allTorchOperators = Atomic<Bool>(false)
    private let nativeCode = Atomic<Bool>(false)

    public init() {}

    /// Workers per device, at least 1; read when a device gets its queue.
    public var threadsPerQueue: Int {
        get { workers.load(ordering: .relaxed) }
        set { workers.store(newValue, ordering: .relaxed) }
    }

    /// Runs expected to take longer, in microseconds, go to a worker; 0 = all do.
    public var inlineBudgetMicroseconds: Int {
        get { inlineBudget.load(ordering: .relaxed) }
        set { inlineBudget.store(newValue, ordering: .relaxed) }
    }

    /// Requests that may wait per device for a worker, and per model for MINBATCHSIZE.
    public var queueLimit: Int {
        get { waiting.load(ordering: .relaxed) }
        set { waiting.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds for which a request waits for MINBATCHSIZE at most; 0 = as long as its model says.
    public var batchWaitLimitMilliseconds: Int {
        get { batchWait.load(ordering: .relaxed) }
        set { batchWait.store(newValue, ordering: .relaxed) }
    }

    /// Devices that may have queues and workers; those there are stay.
    public var deviceLimit: Int {
        get { devices.load(ordering: .relaxed) }
        set { devices.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds that a run may take.
    public var executionTimeoutMilliseconds: Int {
        get { executionTimeout.load(ordering: .relaxed) }
        set { executionTimeout.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds after that for which a run that is being stopped may still go on; then it is lost.
    public var stopGraceMilliseconds: Int {
        get { stopGrace.load(ordering: .relaxed) }
        set { stopGrace.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds that a build may take; counts for builds under way, too.
    public var buildTimeoutMilliseconds: Int {
        get { buildTimeout.load(ordering: .relaxed) }
        set { buildTimeout.store(newValue, ordering: .relaxed) }
    }

    /// Megabytes (of 10^6 bytes) that a runtime may take; 0 = no limit.
    public var memoryLimitMegabytes: Int {
        get { memory.load(ordering: .relaxed) }
        set { memory.store(newValue, ordering: .relaxed) }
    }

    /// Whether TensorFlow models may read and write files and reach the network.
    public var allowsAllOperations: Bool {
        get { allOperations.load(ordering: .relaxed) }
        set { allOperations.store(newValue, ordering: .relaxed) }
    }

    /// Whether TorchScript models may read and write files and the like.
    public var allowsAllTorchOperators: Bool {
        get { allTorchOperators.load(ordering: .relaxed) }
        set { allTorchOperators.store(newValue, ordering: .relaxed) }
    }

    /// Whether models of TORCH may be native code.
    public var allowsNativeCode: Bool {
        get { nativeCode.load(ordering: .relaxed) }
        set { nativeCode.store(newValue, ordering: .relaxed) }
    }
}
