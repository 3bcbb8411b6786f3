/// The threads that run what is queued, for the queues of all devices together.
///
/// There are as many as all queues may use at once, so that each call is answered. The worker that came back
/// last is called first: its memory is still in the processor's caches, and those that are never needed never
/// allocate, for which the server's allocator would keep an arena each. They live as long as the process.
final class WorkerPool: Sendable {
    /// One of the threads, as the queues see it.
    struct Worker: Sendable {
        fileprivate let number: Int
        /// Where it tells of its runs.
        let slot: RunSlot
        /// What wakes it, and no other.
        let condition: Condition
    }

    private struct Call: Sendable {
        let queue: RunQueue
        let place: Int
    }

    private enum Whereabouts: Sendable {
        /// On its way here for the first time.
        case new
        case away
        case waits(isNew: Bool)
        case called(Call)
        case hired(WorkerThread)
    }

    private enum Task {
        case call(Call)
        case hire(WorkerThread)
    }

    private struct State: Sendable {
        /// Of each worker, by its number.
        var whereabouts: [Whereabouts] = []
        /// Those that wait: first those that have never worked, the last to come back at the end.
        var waiting: [Worker] = []
        /// Calls for workers that are on their way back.
        var calls = FirstInFirstOut<Call>()

        mutating func addWaiting(_ worker: Worker) {
            if case .new = whereabouts[worker.number] {
                waiting.insert(worker, at: 0)
                whereabouts[worker.number] = .waits(isNew: true)
            } else {
                waiting.append(worker)
                whereabouts[worker.number] = .waits(isNew: false)
            }
        }
    }

    private let watch: RunWatch
    private let state = Monitor(State())

    /// - Parameter watch: stops what takes too long on the workers.
    init(watch: RunWatch) { self.watch = watch }

    /// Workers there are.
    var workerCount: Int { state.withLock { $0.whereabouts.count } }

    /// Those of them that wait to be called; a hint.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Makes sure that there are as many workers; those there are stay. Calls must not overlap.
    ///
    /// - Returns: false if a thread could not be started.
    func grow(to count: Int) -> Bool {
        let existing = workerCount
        for number in existing..<max(existing, count) {
            state.withLock { state in
                state.whereabouts.append(.new)
                state.waiting.reserveCapacity(count)
            }
            guard start(number) else {
                state.withLock { _ = $0.whereabouts.removeLast() }
                return false
            }
        }
        return true
    }

    /// Starts a worker that is on its way.
    private func start(_ number: Int) -> Bool {
        // What it needs is made here, so that it allocates nothing before its first run.
        let worker = Worker(number: number, slot: watch.makeSlot(), condition: Condition())
        let isStarted = WorkerThread(name: "ai:run/\(number)") { self.work(worker) }.start()
        if !isStarted { watch.remove(worker.slot) }
        return isStarted
    }

    /// Has a worker take a place of a queue.
    /// - Precondition: the place is free, and there are as many workers as places.
    func call(to place: Int, of queue: RunQueue) {
        let call = Call(queue: queue, place: place)
        let worker = state.withLock { state -> Worker? in
            guard let worker = state.waiting.popLast() else {
                state.calls.append(call)
                return nil
            }
            state.whereabouts[worker.number] = .called(call)
            return worker
        }
        worker?.condition.signal()
    }

    /// Has a worker that has worked, and waits, become another thread: its memory serves that one as well.
    /// - Returns: false if there is none; a new thread costs no more then.
    func hire(as thread: WorkerThread) -> Bool {
        let worker = state.withLock { state -> Worker? in
            guard let worker = state.waiting.last,
                case .waits(isNew: false) = state.whereabouts[worker.number]
            else { return nil }
            state.waiting.removeLast()
            state.whereabouts[worker.number] = .hired(thread)
            return worker
        }
        worker?.condition.signal()
        return worker != nil
    }

    // MARK: On the workers

    private func work(_ worker: Worker) {
        let clock = ThreadClock()
        var used = 0
        while true {
            switch next(worker) {
            case .call(let call): used = call.queue.work(at: call.place, worker, clock, since: used)
            case .hire(let thread):
                if replace(worker) { return thread.takeOver() }
                thread.body()
            }
        }
    }

    /// Has a new worker take the place of one that leaves.
    /// - Returns: false if it cannot leave, since the system refuses another thread.
    private func replace(_ worker: Worker) -> Bool {
        state.withLock { $0.whereabouts[worker.number] = .new }
        guard start(worker.number) else {
            state.withLock { $0.whereabouts[worker.number] = .away }
            return false
        }
        watch.remove(worker.slot)
        return true
    }

    private func next(_ worker: Worker) -> Task {
        state.wait(on: worker.condition) { state -> Monitor<State>.Waiting<Task> in
            switch state.whereabouts[worker.number] {
            case .called(let call):
                state.whereabouts[worker.number] = .away
                return .done(.call(call))
            case .hired(let thread):
                state.whereabouts[worker.number] = .away
                return .done(.hire(thread))
            case .waits: break
            case .new, .away:
                if let call = state.calls.popFirst() {
                    state.whereabouts[worker.number] = .away
                    return .done(.call(call))
                }
                state.addWaiting(worker)
            }
            return .until(nanoseconds: nil)
        }
    }
}
