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

        init(workerCount: Int) {
            times = Array(repeating: ProcessorTime(), count: workerCount)
            free = (0..<workerCount).reversed()
        }

        /// When somebody has to look though nothing has changed; nil if there is no such time.
        var nextLook: Int? {
            let notice = waiting.oldestUnnoticed.map { $0 + RunQueue.patienceNanoseconds }
            guard let deadline = waiting.deadline else { return notice }
            return min(deadline, notice ?? deadline)
        }

        /// Takes whoever is to look what is next; nil if nobody need, or if all workers are busy, who look by
        /// themselves.
        ///
        /// - Parameter known: until then nobody has to look for the time's sake, if somebody sleeps.
        mutating func takeHelper(knowing known: Int?) -> Helper? {
            let isNeeded =
                waiting.isReady || nextLook.map { sleeping.isEmpty || $0 < known ?? .max } ?? false
            guard isNeeded else { return nil }
            return sleeping.popLast().map(Helper.sleeper) ?? free.popLast().map(Helper.newcomer)
        }

        /// The same once a worker has taken something.
        mutating func takeHelper() -> Helper? { takeHelper(knowing: .min) }
    }

    enum Helper {
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
        /// With whoever is to look what is next meanwhile.
        case perform(Task, Helper?)
        /// There is nothing to do, not even later; with what the thread's clock showed.
        case leave(used: Int)
    }

    /// A request that has waited for its batch for so long, with no end in sight, is put into the log.
    static let patienceNanoseconds = 1_000_000_000

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
    private let count = Atomic<Int>(0)
    private let patients = Atomic<Int>(0)
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

    /// Requests that wait; a hint, since other threads go on meanwhile.
    public var waitingCount: Int { count.load(ordering: .relaxed) }

    /// Those of them that wait for MINBATCHSIZE, while the others wait for a worker; a hint.
    public var patientCount: Int { patients.load(ordering: .relaxed) }

    /// Whether something waits for a worker; a hint.
    var isReady: Bool { waitingCount > patientCount }

    /// Workers that run something; a hint.
    public var busyWorkerCount: Int { busyCount.load(ordering: .relaxed) }

    /// Processor time used at each place so far, in microseconds.
    public var workerMicroseconds: [Int] { state.withLock { $0.times.map { $0.nanoseconds / 1000 } } }

    /// Adds a request at the end.
    /// - Returns: what takes it out again.
    /// - Throws: `.queueFull`, `.batchWaitFull`; `.deviceStuck` if there is nobody to run it.
    func enqueue(_ request: RunRequest) throws(ExecutionError) -> Waiting.Ticket {
        let member = request.batchMember(longestWaitMilliseconds: settings.batchWaitLimitMilliseconds)
        let (ticket, helper) = try state.withLock { state throws(ExecutionError) in
            guard state.lost.placeCount < workerCount else {
                throw .deviceStuck(device: name, runCount: state.lost.count)
            }
            let known = state.nextLook
            let ticket = try append(request, as: member, to: &state.waiting)
            publish(state.waiting)
            return (ticket, state.takeHelper(knowing: known))
        }
        wake(helper)
        return ticket
    }

    /// Those that wait for MINBATCHSIZE take no places of those that could run, and each model has its own.
    private func append(
        _ request: RunRequest, as member: BatchMember?, to waiting: inout Waiting
    ) throws(ExecutionError) -> Waiting.Ticket {
        let limit = limit
        let readyCount = waiting.count - waiting.patientCount
        let ticket = waiting.append(
            request, as: member, queuedAt: request.queuedAt, isUrgent: request.isUrgent)
        if let member, waiting.isPatient(ticket) {
            if waiting.patientCount(of: member.kind.model) <= limit { return ticket }
            _ = waiting.remove(ticket)
            throw .batchWaitFull(limit: limit)
        }
        if readyCount < limit { return ticket }
        _ = waiting.remove(ticket)
        throw .queueFull(device: name, limit: limit)
    }

    private func publish(_ waiting: Waiting) {
        count.store(waiting.count, ordering: .relaxed)
        patients.store(waiting.patientCount, ordering: .relaxed)
    }

    /// Takes a request out that is not to run any more.
    /// - Returns: false if it has left the queue already.
    func remove(_ ticket: Waiting.Ticket) -> Bool { change { $0.remove(ticket) != nil } }

    /// Has a request's batch wait for MINBATCHSIZE no longer.
    func hurry(_ ticket: Waiting.Ticket) { change { $0.hurry(ticket) } }

    /// The same for all requests to a model; nil = to all models.
    func hurryAll(of model: ObjectIdentifier? = nil) { change { $0.hurryAll(of: model) } }

    /// Takes all out, since nobody is left to run them.
    func removeAll() -> [RunRequest] { change { $0.removeAll() } }

    private func change<Result>(_ body: (inout Waiting) -> Result) -> Result {
        let (result, helper) = state.withLock { state -> (Result, Helper?) in
            let result = body(&state.waiting)
            publish(state.waiting)
            return (result, state.takeHelper())
        }
        wake(helper)
        return result
    }

    /// Has somebody look what is next, if need be.
    func wakeOne() { wake(state.withLock { $0.takeHelper() }) }

    private func wake(_ helper: Helper?) {
        switch helper {
        case .sleeper(let condition): condition.signal()
        case .newcomer(let place): if !pool.call(to: place, of: self) { giveBack(place) }
        case nil: break
        }
    }

    /// Nobody comes to a place, for lack of memory: if nobody is at another either, all that could run is
    /// refused, now or later.
    private func giveBack(_ place: Int) {
        let refused = state.withLock { state -> [RunRequest] in
            state.free.append(place)
            guard state.free.count + state.lost.placeCount == workerCount else { return [] }
            defer { publish(state.waiting) }
            return state.waiting.takeLimited()
        }
        for request in refused { request.plan.refused(request.step, .outOfMemory) }
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
            case .perform(let task, let helper):
                wake(helper)
                perform(task, worker.slot)
            case .leave(let used): return used
            }
            guard worker.slot.isLost else { continue }
            guard let found = comeBack(worker.slot, clock) else { return nil }
            place = found
        }
    }

    private func perform(_ task: Task, _ slot: RunSlot) {
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
            let task = task(at: now, from: &state.waiting)
            publish(state.waiting)
            // This worker may have been the one that kept the time for what still waits.
            if let task { return .done(.perform(task, state.takeHelper())) }
            guard let time = state.nextLook else {
                pool.expectReturn()
                state.free.append(place)
                return .done(.leave(used: state.times[place].end()))
            }
            state.sleeping.append(condition)
            return .until(nanoseconds: time)
        }
    }

    /// What there is to do now.
    private func task(at now: Int, from waiting: inout Waiting) -> Task? {
        if let oldest = waiting.oldestUnnoticed, oldest + Self.patienceNanoseconds <= now {
            return .log(waiting.takeNotices(queuedUntil: now - Self.patienceNanoseconds))
        }
        switch waiting.next(at: now) {
        case .run(let request): return .run(request)
        case .runTogether(let requests): return .runTogether(requests)
        case .wait: return nil
        }
    }

    private func logPatience(of request: RunRequest) {
        // Nothing else waits for a batch.
        guard case .model(let model) = request.work else { return }
        let batching = model.definition.batching
        let tag = String(decoding: model.definition.tag, as: UTF8.self)
        log(
            "a request for a model on \(name) with tag '\(tag)' has waited for a second: MINBATCHSIZE is "
                + "\(batching.minimumSize), and neither MINBATCHTIMEOUT nor BATCH_WAIT_LIMIT sets a limit; "
                + "it goes on when there are enough rows or at its TIMEOUT")
    }
}
