import Synchronization

/// How often a model ran, and for how long.
///
/// A *run* is one call of the runtime, a *request* what somebody asked for; a run on a worker may serve
/// several requests, an inline one serves one. Any thread, no lock; of what is recorded during a `reset` or
/// a `summary`, only a part may count.
public final class RunStatistics: Sendable {
    // An inline request is a run of its own and waits for nothing: its run time is its total time.
    private let inlineRuns = LatencyHistogram()
    private let workerRuns = LatencyHistogram()
    private let waits = LatencyHistogram()
    private let workerTotals = LatencyHistogram()
    private let rows = RowHistogram()
    private let sampleCount = Atomic<Int>(0)
    private let inlineErrors = Atomic<Int>(0)
    private let workerErrors = Atomic<Int>(0)

    public init() {}

    /// Those of runs that are not counted: nobody reads them.
    static let ofNobody = RunStatistics()

    /// Requests, those that failed included.
    public var calls: Int { inlineRuns.count + workerTotals.count + errors }
    /// Requests that failed.
    public var errors: Int {
        inlineErrors.load(ordering: .relaxed) + workerErrors.load(ordering: .relaxed)
    }
    /// Rows of the first outputs, summed.
    public var samples: Int { sampleCount.load(ordering: .relaxed) }
    /// Time spent in successful runs; each counts once, however many requests it served.
    public var microseconds: Int { (inlineRuns.sum + workerRuns.sum) / 1000 }

    /// All counters at one moment.
    public var summary: RunSummary {
        let (inline, totals) = (inlineRuns.distribution, workerTotals.distribution)
        return RunSummary(
            inlineCalls: inline.count + inlineErrors.load(ordering: .relaxed),
            queuedCalls: totals.count + workerErrors.load(ordering: .relaxed), errors: errors,
            samples: samples, waitTime: waits.distribution, runTime: inline + workerRuns.distribution,
            totalTime: inline + totals, rows: rows.distribution)
    }

    /// Starts counting anew.
    public func reset() {
        inlineRuns.reset()
        workerRuns.reset()
        waits.reset()
        workerTotals.reset()
        rows.reset()
        sampleCount.store(0, ordering: .relaxed)
        inlineErrors.store(0, ordering: .relaxed)
        workerErrors.store(0, ordering: .relaxed)
    }

    /// An inline run and its request have ended well. Five relaxed additions.
    ///
    /// - Parameters:
    ///   - nanoseconds: in the runtime.
    ///   - rows: of the first input.
    ///   - samples: rows of the first output.
    func recordInline(nanoseconds: Int, rows: Int, samples: Int) {
        inlineRuns.record(nanoseconds: nanoseconds)
        sampleCount.wrappingAdd(samples, ordering: .relaxed)
        self.rows.record(rows: rows)
    }

    /// A run on a worker has ended well; once for all requests that it served.
    ///
    /// If it served several models that are copies of each other: once for each, with the rows of its
    /// requests and the part of the time that these are of all rows.
    func recordRun(nanoseconds: Int, rows: Int) {
        workerRuns.record(nanoseconds: nanoseconds)
        self.rows.record(rows: rows)
    }

    /// A request has been served by a run on a worker.
    ///
    /// - Parameters:
    ///   - waited: nanoseconds from when it could have run until its run began.
    ///   - total: nanoseconds from when it could have run until its run was over.
    ///   - samples: rows of its own first output.
    func recordRequest(waited: Int, total: Int, samples: Int) {
        waits.record(nanoseconds: waited)
        workerTotals.record(nanoseconds: total)
        sampleCount.wrappingAdd(samples, ordering: .relaxed)
    }

    /// A request has failed, by itself or with its run.
    func recordFailure(isInline: Bool) {
        if isInline {
            inlineErrors.wrappingAdd(1, ordering: .relaxed)
        } else {
            workerErrors.wrappingAdd(1, ordering: .relaxed)
        }
    }
}

/// What a model's statistics say at one moment.
public struct RunSummary: Sendable {
    /// Requests that ran on the thread that asked, those that failed included.
    public let inlineCalls: Int
    /// Requests that waited for a worker, those that failed included.
    public let queuedCalls: Int
    public let errors: Int
    /// Rows of the first outputs, summed.
    public let samples: Int
    /// How long requests waited for a worker; inline ones do not.
    public let waitTime: LatencyDistribution
    /// How long runs took in the runtime, one entry per run; its sum is what `AI.INFO` calls duration.
    public let runTime: LatencyDistribution
    /// From when a request could run to its end, one entry per request that did not fail.
    public let totalTime: LatencyDistribution
    /// Rows of the first input of each run.
    public let rows: RowDistribution

    public var calls: Int { inlineCalls + queuedCalls }
}
