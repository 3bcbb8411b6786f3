/// A step that waits for a worker.
struct RunRequest: Sendable {
    let plan: PlanRun
    let step: Int
}

/// The workers of one device and what waits for them.
public final class RunQueue: Sendable {
    /// The device's name in upper case.
    public let name: String
    private let work: WorkQueue<RunRequest>

    /// - Returns: nil if the threads could not be started.
    init?(name: String, threadCount: Int, limit: Int) {
        self.name = name
        let work = WorkQueue<RunRequest>(name: "ai:\(name)", threadCount: threadCount, limit: limit) {
            $0.plan.run(step: $0.step)
        }
        guard let work else { return nil }
        self.work = work
    }

    /// Requests that may wait.
    var limit: Int { work.limit }

    /// Requests that wait for a worker; a hint.
    public var waitingCount: Int { work.waitingCount }

    /// Processor time of each worker, in microseconds; nil where the system does not tell.
    public var workerMicroseconds: [Int?] { work.threadMicroseconds }

    func enqueue(_ request: RunRequest) -> Bool { work.enqueue(request) }
}
