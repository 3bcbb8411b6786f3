import Synchronization

/// What `AI.INFO` shows of a model, and what the scheduler expects of its next run. Any thread, no lock.
public final class RunStatistics: Sendable {
    private let callCount = Atomic<Int>(0)
    private let errorCount = Atomic<Int>(0)
    private let sampleCount = Atomic<Int>(0)
    private let totalNanoseconds = Atomic<Int>(0)
    private let successCount = Atomic<Int>(0)
    private let nanosecondsPerRow = Atomic<Int>(0)
    private let nanosecondsPerRun = Atomic<Int>(0)

    /// Runs before the estimate counts; the first ones warm the runtime up.
    private static let runsBeforeEstimate = 3

    public init() {}

    public var calls: Int { callCount.load(ordering: .relaxed) }
    public var errors: Int { errorCount.load(ordering: .relaxed) }
    /// Rows of the first outputs, summed.
    public var samples: Int { sampleCount.load(ordering: .relaxed) }
    /// Time spent in successful runs.
    public var microseconds: Int { totalNanoseconds.load(ordering: .relaxed) / 1000 }

    /// Starts counting anew; what is expected of the next run stays.
    public func reset() {
        callCount.store(0, ordering: .relaxed)
        errorCount.store(0, ordering: .relaxed)
        sampleCount.store(0, ordering: .relaxed)
        totalNanoseconds.store(0, ordering: .relaxed)
    }

    func recordFailure() {
        callCount.wrappingAdd(1, ordering: .relaxed)
        errorCount.wrappingAdd(1, ordering: .relaxed)
    }

    /// - Parameters:
    ///   - rows: of the first input, at least 1.
    ///   - samples: rows of the first output.
    func record(nanoseconds: Int, rows: Int, samples: Int) {
        callCount.wrappingAdd(1, ordering: .relaxed)
        sampleCount.wrappingAdd(samples, ordering: .relaxed)
        totalNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        successCount.wrappingAdd(1, ordering: .relaxed)
        update(nanosecondsPerRow, nanoseconds / max(1, rows))
        update(nanosecondsPerRun, nanoseconds)
    }

    /// A run that served several requests: each is charged its share of the time by its rows.
    ///
    /// - Parameters:
    ///   - rows: of each request.
    ///   - samples: rows of each request's first output.
    func record(nanoseconds: Int, rows: [Int], samples: [Int]) {
        let total = rows.reduce(0, +)
        callCount.wrappingAdd(rows.count, ordering: .relaxed)
        sampleCount.wrappingAdd(samples.reduce(0, +), ordering: .relaxed)
        // The shares of all requests make up the run.
        totalNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        successCount.wrappingAdd(1, ordering: .relaxed)
        update(nanosecondsPerRow, nanoseconds / max(1, total))
        update(nanosecondsPerRun, nanoseconds)
    }

    /// How long a run with so many rows is expected to take; nil while too little is known.
    ///
    /// Never below what a run took lately, however few its rows: many models cost the same for any number.
    func expectedNanoseconds(rows: Int) -> Int? {
        guard successCount.load(ordering: .relaxed) >= Self.runsBeforeEstimate else { return nil }
        let (byRows, overflow) = nanosecondsPerRow.load(ordering: .relaxed)
            .multipliedReportingOverflow(by: max(1, rows))
        guard !overflow else { return Int.max }
        return max(byRows, nanosecondsPerRun.load(ordering: .relaxed))
    }

    /// Up at once, down by an eighth of the difference: one slow run is reason enough for caution.
    private func update(_ estimate: borrowing Atomic<Int>, _ sample: Int) {
        let old = estimate.load(ordering: .relaxed)
        estimate.store(sample >= old ? sample : old - (old - sample + 7) / 8, ordering: .relaxed)
    }
}
