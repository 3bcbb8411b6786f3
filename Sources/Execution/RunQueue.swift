import Synchronization

/// What waits for one device, and its workers, which live as long as the process.
///
/// The worker that fell asleep last is woken first: its memory is still in the processor's caches, and those
/// that are never needed never allocate, for which the server's allocator would keep an arena each.
public final class RunQueue: Sendable {
    typealias Waiting = BatchQueue<RunRequest>

    private struct State: Sendable {
        var waiting = Waiting()
        /// Set if the queue never came into being; ends the workers that were started.
        var isClosed = false
        var workers: [WorkerThread] = []
        /// What wakes the sleeping workers, the last to fall asleep at the end.
        var sleeping: [Condition] = []
        /// Of requests that wait for their batch without a limit, those queued until then are in the log.
        var loggedUntil = Int.min
    }

    /// What a worker does next.
    private enum Task {
        case run(RunRequest)
        case runTogether([RunRequest])
        case log([RunRequest])
        case end
    }

    /// A request that has waited for its batch for so long, with no end in sight, is put into the log.
    private static let patienceNanoseconds = 1_000_000_000

    /// The device's name in upper case.
    public let name: String
    public let workerCount: Int
    private let settings: RunSettings
    private let log: @Sendable (String) -> Void
    private let state = Monitor(State())
    private let count = Atomic<Int>(0)
    private let busyCount = Atomic<Int>(0)

    /// - Parameter watch: stops what takes too long on the workers.
    /// - Returns: nil if the threads could not be started.
    init?(
        name: String, settings: RunSettings, watch: RunWatch, log: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.settings = settings
        workerCount = settings.threadsPerQueue
        self.log = log
        // What a worker needs to fall asleep is made here, so that it allocates nothing before its first run.
        state.withLock { $0.sleeping.reserveCapacity(workerCount) }
        for index in 0..<workerCount {
            let slot = watch.makeSlot()
            let condition = Condition()
            let worker = WorkerThread(name: "ai:\(name)/\(index)") { self.work(slot, watch, condition) }
            guard let worker else {
                watch.remove(slot)
                close()
                return nil
            }
            state.withLock { $0.workers.append(worker) }
        }
    }

    private func close() {
        let sleeping = state.withLock { state in
            state.isClosed = true
            return state.sleeping
        }
        for condition in sleeping { condition.signal() }
    }

    /// Requests that may wait; one more is refused.
    public var limit: Int { settings.queueLimit }

    /// Requests that wait for a worker; a hint, since other threads go on meanwhile.
    public var waitingCount: Int { count.load(ordering: .relaxed) }

    /// Workers that run something; a hint.
    public var busyWorkerCount: Int { busyCount.load(ordering: .relaxed) }

    /// Processor time of each worker, in microseconds; nil where the system does not tell.
    public var workerMicroseconds: [Int?] { state.withLock { $0.workers }.map(\.microseconds) }

    /// Adds a request at the end.
    /// - Returns: what takes it out again; nil if the queue is full, and nothing is added then.
    func enqueue(_ request: RunRequest) -> Waiting.Ticket? {
        let member = request.batchMember
        let limit = limit
        let (ticket, sleeper) = state.withLock { state -> (Waiting.Ticket?, Condition?) in
            guard state.waiting.count < limit else { return (nil, nil) }
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            let ticket = state.waiting.append(request, as: member, queuedAt: request.queuedAt)
            return (ticket, state.sleeping.popLast())
        }
        sleeper?.signal()
        return ticket
    }

    /// Takes a request out that is not to run any more.
    /// - Returns: false if it has left the queue already.
    func remove(_ ticket: Waiting.Ticket) -> Bool {
        let removed = state.withLock { state -> RunRequest? in
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            return state.waiting.remove(ticket)
        }
        // The others may be a batch now.
        wakeOne()
        return removed != nil
    }

    private func wakeOne() { state.withLock { $0.sleeping.popLast() }?.signal() }

    private func work(_ slot: RunSlot, _ watch: RunWatch, _ condition: Condition) {
        defer { watch.remove(slot) }
        while true {
            let task = next(condition)
            busyCount.wrappingAdd(1, ordering: .relaxed)
            defer { busyCount.wrappingSubtract(1, ordering: .relaxed) }
            switch task {
            case .run(let request): request.run(slot)
            case .runTogether(let requests): RunRequest.run(together: requests, slot)
            case .log(let requests): for request in requests { logPatience(of: request) }
            case .end: return
            }
        }
    }

    /// - Parameter condition: what wakes this worker, and no other.
    private func next(_ condition: Condition) -> Task {
        let task = state.wait(on: condition) { state -> Monitor<State>.Waiting<Task> in
            // Whoever woke it has taken it out already, unless it was the clock.
            state.sleeping.removeAll { $0 === condition }
            guard !state.isClosed else { return .done(.end) }
            let now = Monotonic.nanoseconds
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            switch state.waiting.next(at: now) {
            case .run(let request): return .done(.run(request))
            case .runTogether(let requests): return .done(.runTogether(requests))
            case .wait(let limit):
                let waiting = Self.wait(&state, until: limit, now)
                if case .until = waiting { state.sleeping.append(condition) }
                return waiting
            }
        }
        // This worker may have been the one that kept the time for what still waits.
        if waitingCount > 0 { wakeOne() }
        return task
    }

    /// Waits no longer than until the next line for the log is due.
    private static func wait(
        _ state: inout State, until limit: Int?, _ now: Int
    ) -> Monitor<State>.Waiting<Task> {
        let patient = state.waiting.waitingWithoutLimit.filter { $0.queuedAt > state.loggedUntil }
        guard let oldest = patient.map(\.queuedAt).min() else { return .until(nanoseconds: limit) }
        let due = oldest + patienceNanoseconds
        guard due <= now else { return .until(nanoseconds: min(due, limit ?? due)) }
        state.loggedUntil = now - patienceNanoseconds
        return .done(.log(patient.filter { $0.queuedAt <= now - patienceNanoseconds }))
    }

    private func logPatience(of request: RunRequest) {
        // Nothing else waits for a batch.
        guard case .model(let model) = request.work else { return }
        let batching = model.definition.batching
        let tag = String(decoding: model.definition.tag, as: UTF8.self)
        log(
            "a request for a model on \(name) with tag '\(tag)' has waited for a second: MINBATCHSIZE is "
                + "\(batching.minimumSize) and MINBATCHTIMEOUT sets no limit; it goes on when there are "
                + "enough rows or at its TIMEOUT")
    }
}
