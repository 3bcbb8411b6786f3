import Synchronization

/// A build under way on a thread of a queue: it ends once, with what was built or at its limit.
final class BuildTurn: Sendable {
    /// From so many nanoseconds on, a build makes room for another thread if a client waits for one.
    private static let patience = 5_000_000_000

    let backend: BackendKind
    /// On the clock `Monotonic`.
    let began: Int
    private let queue: WorkQueue
    private let worker: WorkQueue.Worker
    private let limit: @Sendable () -> Int
    private let fail: @Sendable (ExecutionError) -> Void
    private let hasEnded = Atomic<Bool>(false)

    /// - Parameters:
    ///   - queue: the one whose thread `worker` is.
    ///   - limit: milliseconds that it may take; asked anew each time.
    ///   - fail: tells why there is nothing; called once, on the watch's thread, if the limit comes first.
    init(
        _ backend: BackendKind, on queue: WorkQueue, _ worker: WorkQueue.Worker,
        limit: @escaping @Sendable () -> Int, fail: @escaping @Sendable (ExecutionError) -> Void
    ) {
        self.backend = backend
        began = Monotonic.nanoseconds
        self.queue = queue
        self.worker = worker
        self.limit = limit
        self.fail = fail
    }

    /// Whether it has ended, or nobody waits for it any more.
    var isOver: Bool { hasEnded.load(ordering: .acquiring) }

    /// Ends it.
    /// - Returns: false if it had reached its limit: what was built is nobody's then.
    func end() -> Bool { !hasEnded.exchange(true, ordering: .acquiringAndReleasing) }

    /// Gives it up at its limit, and makes room for others before that if somebody waits. The watch's.
    func judge(at now: Int) {
        let milliseconds = limit()
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        if !overflow, now - began >= nanoseconds, end() {
            queue.replace(worker, isLost: true)
            fail(.buildTooLong(milliseconds: milliseconds))
        } else if !isOver, now - began >= Self.patience, queue.hasUrgentWaiting {
            queue.replace(worker, isLost: false)
        }
    }
}

/// A build under way, as it is told.
public struct BuildReport: Sendable {
    public let backend: BackendKind
    /// So far.
    public let milliseconds: Int
    /// Whether it has reached its limit, so that what it brings will be dropped.
    public let isStuck: Bool
}
