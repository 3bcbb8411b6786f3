import Synchronization

/// A step that waits for a worker.
struct RunRequest: Sendable {
    let plan: PlanRun
    let step: Int
}

/// What waits for one device, and its workers, which live as long as the process.
public final class RunQueue: Sendable {
    private struct State: Sendable {
        var waiting = FirstInFirstOut<RunRequest>()
        /// Set if the queue never came into being; ends the workers that were started.
        var isClosed = false
        var workers: [WorkerThread] = []
    }

    /// The device's name in upper case.
    public let name: String
    /// Requests that may wait; one more is refused.
    let limit: Int
    private let state = Monitor(State())
    private let count = Atomic<Int>(0)

    /// - Returns: nil if the threads could not be started.
    init?(name: String, threadCount: Int, limit: Int) {
        self.name = name
        self.limit = limit
        for index in 0..<threadCount {
            guard let worker = WorkerThread(name: "ai:\(name)/\(index)", body: { self.work() }) else {
                state.withLock { $0.isClosed = true }
                state.broadcast()
                return nil
            }
            state.withLock { $0.workers.append(worker) }
        }
    }

    /// Requests that wait for a worker; a hint, since other threads go on meanwhile.
    public var waitingCount: Int { count.load(ordering: .relaxed) }

    /// Processor time of each worker, in microseconds; nil where the system does not tell.
    public var workerMicroseconds: [Int?] { state.withLock { $0.workers }.map(\.microseconds) }

    /// Adds a request at the end.
    /// - Returns: false if the queue is full; nothing is added then.
    func enqueue(_ request: RunRequest) -> Bool {
        let isTaken = state.withLock { state in
            guard state.waiting.count < limit else { return false }
            state.waiting.append(request)
            count.store(state.waiting.count, ordering: .relaxed)
            return true
        }
        if isTaken { state.signal() }
        return isTaken
    }

    private func work() {
        while let request = next() { request.plan.run(step: request.step) }
    }

    private func next() -> RunRequest? {
        state.wait { state in
            guard !state.isClosed else { return .done(nil) }
            guard let request = state.waiting.popFirst() else { return .until(nanoseconds: nil) }
            count.store(state.waiting.count, ordering: .relaxed)
            return .done(request)
        }
    }
}
