import Synchronization

/// The threads that run what is queued, for the queues of all devices together.
///
/// There are as many as all queues may use at once, so that each call is answered. The worker that came back
/// last is called first: its memory is still in the processor's caches, and those that are never needed never
/// allocate, for which the server's allocator would keep an arena each. One that has worked and waits can
/// also be hired for something else, after which it ends; a new one takes its place before.
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
        /// The number is free for another worker.
        case gone
    }

    private enum Task {
        /// With memory for a first allocation, if it is the worker's first and it waited.
        case call(Call, isReserved: Bool)
        case hire(WorkerThread)
    }

    private struct State: Sendable {
        /// Of each worker, by its number.
        var whereabouts: [Whereabouts] = []
        /// Those that wait: first those that have never worked, the last to come back at the end.
        var waiting: [Worker] = []
        /// Calls for workers that are on their way back.
        var calls = FirstInFirstOut<Call>()
        var workerCount = 0

        /// Takes a number for a worker that is about to be started.
        mutating func takeNumber() -> Int {
            workerCount += 1
            waiting.reserveCapacity(workerCount)
            let free = whereabouts.firstIndex { if case .gone = $0 { true } else { false } }
            guard let free else {
                whereabouts.append(.new)
                return whereabouts.endIndex - 1
            }
            whereabouts[free] = .new
            return free
        }

        mutating func giveBack(_ number: Int) {
            workerCount -= 1
            whereabouts[number] = .gone
        }

        /// Takes out one that has worked and waits, though it does not know that yet. It does not count from
        /// now on, so that `grow`, on another thread, never starts too few.
        mutating func takeUsed() -> Worker? {
            guard let worker = waiting.last, case .waits(isNew: false) = whereabouts[worker.number]
            else { return nil }
            workerCount -= 1
            return waiting.popLast()
        }

        /// Takes it in again, for what may have come meanwhile.
        mutating func putBack(_ worker: Worker) {
            workerCount += 1
            if let call = calls.popFirst() {
                whereabouts[worker.number] = .called(call)
            } else {
                waiting.append(worker)
            }
        }

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
    private let memory: ThreadMemory
    /// The priority that workers have.
    private let niceness = WorkerThread.niceness
    private let state = Monitor(State())
    /// Workers that have freed their places and are not here yet; lowered under the lock.
    private let returning = Atomic<Int>(0)

    /// - Parameters:
    ///   - watch: stops what takes too long on the workers.
    ///   - memory: that of the workers.
    init(watch: RunWatch, memory: ThreadMemory = .shared) {
        self.watch = watch
        self.memory = memory
    }

    /// Workers there are.
    var workerCount: Int { state.withLock { $0.workerCount } }

    /// Those of them that wait to be called; a hint.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Makes sure that there are as many workers; those there are stay. Calls must not overlap.
    ///
    /// - Returns: false if a thread could not be started.
    func grow(to count: Int) -> Bool {
        while workerCount < count {
            guard startWorker() else { return false }
        }
        return true
    }

    /// - Returns: false if the system refuses its thread.
    private func startWorker() -> Bool {
        // What it needs is made here, so that it allocates nothing before its first run.
        let number = state.withLock { $0.takeNumber() }
        let worker = Worker(number: number, slot: watch.makeSlot(), condition: Condition())
        let isStarted = WorkerThread(name: "ai:run/\(number)", allocatesLater: true) { self.work(worker) }
            .start()
        if !isStarted {
            watch.remove(worker.slot)
            state.withLock { $0.giveBack(number) }
        }
        return isStarted
    }

    /// Has a worker take a place of a queue.
    ///
    /// - Precondition: the place is free, and there are as many workers as places.
    /// - Returns: false if no worker that waits has worked before, and there is no memory for one to begin.
    func call(to place: Int, of queue: RunQueue) -> Bool {
        let call = Call(queue: queue, place: place)
        if let answer = take(call, mayBegin: false) { return answer }
        guard memory.reserve() else { return leave(call) }
        guard let answer = take(call, mayBegin: true) else { return true }
        memory.release()
        return answer
    }

    /// Gives a call to a worker that waits, or to the next that comes back.
    ///
    /// - Parameter mayBegin: whether there is memory for one that has never worked.
    /// - Returns: nil if only such a one waits, which has the call if it may begin.
    private func take(_ call: Call, mayBegin: Bool) -> Bool? {
        let (worker, isNew) = state.withLock { state -> (Worker?, Bool) in
            guard let worker = state.waiting.last else {
                state.calls.append(call)
                return (nil, false)
            }
            let isNew = if case .waits(isNew: true) = state.whereabouts[worker.number] { true } else { false }
            guard !isNew || mayBegin else { return (nil, true) }
            state.waiting.removeLast()
            state.whereabouts[worker.number] = .called(call)
            return (worker, isNew)
        }
        worker?.condition.signal()
        return isNew ? nil : true
    }

    /// Leaves a call to a worker that is on its way back and has memory.
    /// - Returns: false if there is none.
    private func leave(_ call: Call) -> Bool {
        state.withLock { state in
            guard returning.load(ordering: .relaxed) > 0 else { return false }
            state.calls.append(call)
            return true
        }
    }

    /// A worker is about to free its place, and will be here soon.
    func expectReturn() { returning.wrappingAdd(1, ordering: .relaxed) }

    /// Has a worker that has worked, and waits, become another thread: its memory serves that one as well.
    ///
    /// - Returns: false if there is none, or no other could take its place: the system refuses a thread, or
    ///   it would inherit a low priority from the calling one.
    func hire(as thread: WorkerThread) -> Bool {
        guard WorkerThread.niceness == niceness, let worker = state.withLock({ $0.takeUsed() })
        else { return false }
        let isReplaced = startWorker()
        state.withLock { state in
            guard isReplaced else { return state.putBack(worker) }
            state.whereabouts[worker.number] = .hired(thread)
        }
        worker.condition.signal()
        return isReplaced
    }

    /// Has another thread be what one was that does not come back: that one no longer counts.
    /// - Returns: false if the system refuses a thread; nothing has changed then.
    func replace() -> Bool {
        state.withLock { $0.workerCount -= 1 }
        guard startWorker() else {
            state.withLock { $0.workerCount += 1 }
            return false
        }
        return true
    }

    // MARK: On the workers

    private func work(_ worker: Worker) {
        let clock = ThreadClock()
        var used = 0
        var hasBegun = false
        while true {
            switch next(worker) {
            case .call(let call, let isReserved):
                // One that never waited has had memory for its thread a moment ago.
                if !hasBegun, isReserved || memory.reserve() { memory.settle() }
                hasBegun = true
                guard let shown = call.queue.work(at: call.place, worker, clock, since: used) else {
                    watch.remove(worker.slot)
                    return state.withLock { $0.whereabouts[worker.number] = .gone }
                }
                used = shown
            case .hire(let thread):
                watch.remove(worker.slot)
                return thread.takeOver()
            }
        }
    }

    private func next(_ worker: Worker) -> Task {
        state.wait(on: worker.condition) { state -> Monitor<State>.Waiting<Task> in
            switch state.whereabouts[worker.number] {
            case .called(let call):
                state.whereabouts[worker.number] = .away
                return .done(.call(call, isReserved: true))
            case .hired(let thread):
                state.whereabouts[worker.number] = .gone
                return .done(.hire(thread))
            case .waits, .gone: break
            case .new: return takeOrWait(&state, worker)
            case .away:
                returning.wrappingSubtract(1, ordering: .relaxed)
                return takeOrWait(&state, worker)
            }
            return .until(nanoseconds: nil)
        }
    }

    private func takeOrWait(_ state: inout State, _ worker: Worker) -> Monitor<State>.Waiting<Task> {
        guard let call = state.calls.popFirst() else {
            state.addWaiting(worker)
            return .until(nanoseconds: nil)
        }
        state.whereabouts[worker.number] = .away
        return .done(.call(call, isReserved: false))
    }
}
