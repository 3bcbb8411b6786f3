/// When requests to one model run together: its BATCHSIZE, MINBATCHSIZE and MINBATCHTIMEOUT as rules.
///
/// Pure. A batch is a run of requests in the order in which they came; who may be in it at all is told by
/// `BatchMember`, and which of several batches is next by `BatchQueue`.
struct BatchPolicy: Equatable, Sendable {
    /// What a batch holds so far.
    struct Batch: Equatable, Sendable {
        var requestCount = 0
        var rowCount = 0
    }

    private let maximumSize: Int
    private let minimumSize: Int
    private let timeoutMilliseconds: Int

    /// - Parameter longestWait: milliseconds for which any request waits at most; 0 = no limit.
    init(_ settings: BatchSettings, longestWait: Int = 0) {
        maximumSize = settings.maximumSize
        minimumSize = settings.minimumSize
        let limits = [settings.minimumTimeoutMilliseconds, longestWait]
        timeoutMilliseconds = limits.filter { $0 > 0 }.min() ?? 0
    }

    /// Each request runs by itself, at once.
    static let alone = BatchPolicy(BatchSettings())

    /// Whether a request with so many rows can be joined with others; without, it runs by itself.
    ///
    /// One without rows brings a batch no nearer to MINBATCHSIZE and does not wait for it.
    func joins(rowCount: Int) -> Bool { maximumSize > 0 && (rowCount > 0 || minimumSize == 0) }

    /// Whether the next request fits; the first one always does.
    ///
    /// BATCHSIZE is never exceeded, and bounds the number of requests as well, which some without rows
    /// would not. A request that fills a batch or more runs by itself.
    func takes(rowCount: Int, into batch: Batch) -> Bool {
        guard batch.requestCount > 0 else { return true }
        return batch.requestCount < maximumSize && batch.rowCount < maximumSize
            && rowCount <= maximumSize - batch.rowCount
    }

    /// Whether a batch runs now rather than wait for MINBATCHSIZE: it has enough rows, or cannot get more.
    /// - Parameter isBlocked: whether the next request is there and does not fit.
    func isComplete(_ batch: Batch, isBlocked: Bool) -> Bool {
        isBlocked || batch.requestCount >= maximumSize || batch.rowCount >= min(minimumSize, maximumSize)
    }

    /// When a batch whose oldest request was queued then runs with what it has, in nanoseconds.
    /// - Returns: nil for no limit.
    func deadline(queuedAt: Int) -> Int? {
        guard timeoutMilliseconds > 0 else { return nil }
        let (wait, isLong) = timeoutMilliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (deadline, isFar) = queuedAt.addingReportingOverflow(wait)
        return isLong || isFar ? nil : deadline
    }
}
