import Synchronization

/// What waits for one device, and the places at which workers of the pool run it.
public final class RunQueue: Sendable {
    typealias Waiting = BatchQueue<RunRequest>

    struct State: Sendable {
        var waiting = Waiting()
        /// The processor time used at each place.
        var times: [ProcessorTime]
        /// Places without a worker; the next to be taken at the end.
        var free: [Int]
        /// What wakes workers that sleep at their places until a time, the last to fall asleep at the end.
        var sleeping: [Condition] = []
        var lost = LostWorkers<RunSlot>(limit: RunQueue.mostLostWorkers)
        /// Of requests that wait for their batch without a limit, those queued until then are in the log.
        var loggedUntil = Int.min

        init(workerCount: Int) {
            times = Array(repeating: ProcessorTime(), count: workerCount)
            free = (0..<workerCount).reversed()
        }

        /// Takes whoever is to look what is next; nil if all workers are busy, who look by themselves.
        fileprivate mutating func takeHelper() -> Helper? {
            sleeping.popLast().map(Helper.sleeper) ?? free.popLast().map(Helper.newcomer)
        }

        /// What a worker does while nothing runs before `limit`: it waits no longer than until the next line
        /// for the log is due.
        fileprivate mutating func pause(until limit: Int?, _ now: Int) -> Monitor<State>.Waiting<Next> {
            let patient = waiting.waitingWithoutLimit.filter { $0.queuedAt > loggedUntil }
            guard let oldest = patient.map(\.queuedAt).min() else { return .until(nanoseconds: limit) }
            let due = oldest + patienceNanoseconds
            guard due <= now else { return .until(nanoseconds: min(due, limit ?? due)) }
            loggedUntil = now - patienceNanoseconds
            return .done(.perform(.log(patient.filter { $0.queuedAt <= loggedUntil })))
        }
    }

    fileprivate enum Helper {
        case sleeper(Condition)
        /// A worker of the pool, to come to this place.
        case newcomer(at: Int)
    }

    /// What a worker does next.
    fileprivate enum Task {
        case run(RunRequest)
        case runTogether([RunRequest])
        case log([RunRequest])
    }

    fileprivate enum Next {
        case perform(Task)
        /// There is nothing to do, not even later; with what the thread's clock showed.
        case leave(used: Int)
    }

    /// A request that has waited for its batch for so long, with no end in sight, is put into the log.
    private static let patienceNanoseconds = 1_000_000_000

    /// Workers beside those at the places whose runs do not stop.
    static let mostLostWorkers = 16

    /// The device's name in upper case.
    public let name: String
    /// Places: requests or batches that may run at the same time.
    public let workerCount: Int
    let pool: WorkerPool
    private let settings: RunSettings
    private let log: @Sendable (String) -> Void
    let state: Monitor<State>
    let count = Atomic<Int>(0)
    let busyCount = Atomic<Int>(0)

    /// - Parameter pool: has as many workers for this queue as the settings say.
    init(name: String, settings: RunSettings, pool: WorkerPool, log: @escaping @Sendable (String) -> Void) {
        self.name = name
        self.settings = settings
        self.pool = pool
        workerCount = settings.threadsPerQueue
        state = Monitor(State(workerCount: workerCount))
        self.log = log
    }

    /// Requests that may wait; one more is refused.
    public var limit: Int { settings.queueLimit }

    /// Requests that wait for a worker; a hint, since other threads go on meanwhile.
    public var waitingCount: Int { count.load(ordering: .relaxed) }

    /// Workers that run something; a hint.
    public var busyWorkerCount: Int { busyCount.load(ordering: .relaxed) }

    /// Processor time used at each place so far, in microseconds.
    public var workerMicroseconds: [Int] { state.withLock { $0.times.map { $0.nanoseconds / 1000 } } }

    /// Adds a request at the end.
    /// - Returns: what takes it out again.
    /// - Throws: `.queueFull`; `.deviceStuck` if there is nobody to run it.
    func enqueue(_ request: RunRequest) throws(ExecutionError) -> Waiting.Ticket {
        let member = request.batchMember
        let limit = limit
        let (ticket, helper) = try state.withLock { state throws(ExecutionError) in
            guard state.waiting.count < limit else { throw .queueFull(device: name, limit: limit) }
            guard state.lost.placeCount < workerCount else {
                throw .deviceStuck(device: name, runCount: state.lost.count)
            }
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            let ticket = state.waiting.append(request, as: member, queuedAt: request.queuedAt)
            return (ticket, state.takeHelper())
        }
        wake(helper)
        return ticket
    }

    /// Takes a request out that is not to run any more.
    /// - Returns: false if it has left the queue already.
    func remove(_ ticket: Waiting.Ticket) -> Bool {
        let removed = state.withLock { state -> RunRequest? in
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            return state.waiting.remove(ticket)
        }
        guard removed != nil else { return false }
        // The others may be a batch now.
        if waitingCount > 0 { wakeOne() }
        return true
    }

    func wakeOne() { wake(state.withLock { $0.takeHelper() }) }

    private func wake(_ helper: Helper?) {
        switch helper {
        case .sleeper(let condition): condition.signal()
        case .newcomer(let place): pool.call(to: place, of: self)
        case nil: break
        }
    }

    // MARK: On the workers

    /// Runs what waits, at a place that was free, until there is nothing to do, not even later.
    ///
    /// - Parameters:
    ///   - clock: the calling thread's; without one, its time is not counted.
    ///   - used: what it showed when the thread last left a place; 0 at first.
    /// - Returns: what it shows now; nil if the worker was lost, and another has come in its place.
    func work(at place: Int, _ worker: WorkerPool.Worker, _ clock: ThreadClock?, since used: Int) -> Int? {
        state.withLock { $0.times[place].begin(clock, at: used) }
        worker.slot.come(to: RunTurn(queue: self, place: place))
        defer { worker.slot.leave() }
        var place = place
        while true {
            switch next(at: place, worker.condition) {
            case .perform(let task): perform(task, worker.slot)
            case .leave(let used): return used
            }
            guard worker.slot.isLost else { continue }
            guard let found = comeBack(worker.slot, clock) else { return nil }
            place = found
        }
    }

    private func perform(_ task: Task, _ slot: RunSlot) {
        // This worker may have been the one that kept the time for what still waits.
        if waitingCount > 0 { wakeOne() }
        busyCount.wrappingAdd(1, ordering: .relaxed)
        // A worker that was lost is not counted any more.
        defer { if !slot.isLost { busyCount.wrappingSubtract(1, ordering: .relaxed) } }
        switch task {
        case .run(let request): request.run(slot)
        case .runTogether(let requests): RunRequest.run(together: requests, slot)
        case .log(let requests): for request in requests { logPatience(of: request) }
        }
    }

    private func next(at place: Int, _ condition: Condition) -> Next {
        state.wait(on: condition) { state -> Monitor<State>.Waiting<Next> in
            // Whoever woke it has taken it out already, unless it was the clock.
            state.sleeping.removeAll { $0 === condition }
            let now = Monotonic.nanoseconds
            defer { count.store(state.waiting.count, ordering: .relaxed) }
            switch state.waiting.next(at: now) {
            case .run(let request): return .done(.perform(.run(request)))
            case .runTogether(let requests): return .done(.perform(.runTogether(requests)))
            case .wait(let limit):
                let pause = state.pause(until: limit, now)
                guard case .until(let time) = pause else { return pause }
                guard time != nil else {
                    state.free.append(place)
                    return .done(.leave(used: state.times[place].end()))
                }
                state.sleeping.append(condition)
                return pause
            }
        }
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
