/// Work in the background, first come, first served, on threads that exist while there is some.
///
/// The server's allocator keeps, and ten times a second walks, as many arenas as there ever were threads at
/// the same time that had allocated. So none waits here for work to come, and one that waits elsewhere is
/// hired before another is started.
final class WorkQueue: Sendable {
    typealias Work = @Sendable () -> Void

    /// One of the threads, as the work that it does sees it.
    final class Worker: Sendable {}

    /// A piece of work.
    struct Item: Sendable {
        /// Whether it comes before what is not.
        var isUrgent = false
        let work: @Sendable (Worker) -> Void
        /// Called in its place, with the number of works that do not end, when nobody is left to do it; nil
        /// if it can wait.
        var refused: (@Sendable (Int) -> Void)?
    }

    private struct State: Sendable {
        var urgent = FirstInFirstOut<Item>()
        var ordinary = FirstInFirstOut<Item>()
        /// Per place, who is there; nil if nobody is.
        var workers: [Worker?]
        /// Those whose work does not end.
        var lost = LostWorkers<Worker>(limit: WorkQueue.mostLostWorkers)

        var isEmpty: Bool { urgent.isEmpty && ordinary.isEmpty }
        var isStuck: Bool { lost.placeCount == workers.count }

        mutating func append(_ item: Item) {
            if item.isUrgent { urgent.append(item) } else { ordinary.append(item) }
        }

        mutating func popFirst() -> Item? { urgent.popFirst() ?? ordinary.popFirst() }

        /// Takes out what cannot wait.
        mutating func takeRefused() -> [Item] {
            var refused: [Item] = []
            var waiting: [Item] = []
            while let item = popFirst() {
                if item.refused == nil { waiting.append(item) } else { refused.append(item) }
            }
            for item in waiting { append(item) }
            return refused
        }
    }

    /// Threads beside those at the places whose work does not end.
    static let mostLostWorkers = 8

    private let name: String
    private let niceness: Int32
    private let pool: WorkerPool?
    private let state: Locked<State>

    /// - Parameters:
    ///   - threadCount: threads at the same time, at most, but for those whose work does not end.
    ///   - niceness: 0 for the server's own priority, up to 19 for the lowest.
    ///   - pool: whose workers can be hired.
    init(name: String, threadCount: Int, niceness: Int32 = 0, pool: WorkerPool? = nil) {
        self.pool = pool
        self.name = name
        self.niceness = niceness
        state = Locked(State(workers: Array(repeating: nil, count: threadCount)))
    }

    /// Works that no thread has taken; a hint.
    var waitingCount: Int { state.withLock { $0.urgent.count + $0.ordinary.count } }

    /// Whether something urgent waits.
    var hasUrgentWaiting: Bool { state.withLock { !$0.urgent.isEmpty } }

    /// Adds work at the end.
    /// - Returns: false if there is no thread for it and none could be started; it is not done then.
    func enqueue(_ work: @escaping Work) -> Bool {
        do throws(ExecutionError) {
            try add(Item(work: { _ in work() }))
            return true
        } catch {
            return false
        }
    }

    /// Adds work at the end of what is as urgent.
    /// - Throws: `.builderUnavailable` if there is no thread for it and none could be started;
    ///   `.buildersStuck` if it can be refused and the threads do not end what they have. It is not done
    ///   then.
    func add(_ item: Item) throws(ExecutionError) {
        try state.withLock { state throws(ExecutionError) in
            guard !state.isStuck || item.refused == nil else {
                throw .buildersStuck(count: state.lost.count)
            }
            if let place = state.workers.firstIndex(where: { $0 == nil }) {
                // Under the lock, so that nobody relies on a thread that the system then refuses.
                state.workers[place] = start(place)
            }
            guard state.workers.contains(where: { $0 != nil }) else { throw .builderUnavailable }
            state.append(item)
        }
    }

    /// Has another thread take the place of one that is long at its work, which ends with that.
    ///
    /// - Parameter isLost: whether nobody waits for that work any more. The thread counts as lost then even
    ///   if there can be no other, and what waits is refused if all threads are.
    func replace(_ worker: Worker, isLost: Bool) {
        let (refused, count) = state.withLock { state -> ([Item], Int) in
            guard let place = state.workers.firstIndex(where: { $0 === worker }) else { return ([], 0) }
            if state.lost.canReplace {
                let other = state.isEmpty ? nil : start(place)
                if other != nil || state.isEmpty {
                    state.workers[place] = other
                    state.lost.addReplaced()
                    return ([], 0)
                }
            }
            guard isLost else { return ([], 0) }
            state.lost.add(worker, at: place)
            return (state.isStuck ? state.takeRefused() : [], state.lost.count)
        }
        for item in refused { item.refused?(count) }
    }

    /// - Returns: nil if the system refuses.
    private func start(_ place: Int) -> Worker? {
        let worker = Worker()
        let thread = WorkerThread(name: "\(name)/\(place)", niceness: niceness) {
            while let item = self.next(worker) { item.work(worker) }
        }
        return pool?.hire(as: thread) == true || thread.start() ? worker : nil
    }

    /// The oldest work of the most urgent; nil if there is none, or others do it, when the thread must end.
    private func next(_ worker: Worker) -> Item? {
        state.withLock { state in
            if !state.workers.contains(where: { $0 === worker }) || state.lost.keepsPlace(worker) {
                guard case .goesOn(let place) = state.lost.takeBack(worker) else { return nil }
                state.workers[place] = worker
            }
            if let item = state.popFirst() { return item }
            if let place = state.workers.firstIndex(where: { $0 === worker }) { state.workers[place] = nil }
            return nil
        }
    }
}
