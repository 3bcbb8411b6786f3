/// Work in the background, first come, first served, on threads that exist while there is some.
///
/// The server's allocator keeps, and ten times a second walks, as many arenas as there ever were threads at
/// the same time that had allocated. So none waits here for work to come, and one that waits elsewhere is
/// hired before another is started.
final class WorkQueue: Sendable {
    typealias Work = @Sendable () -> Void

    private struct State: Sendable {
        var waiting = FirstInFirstOut<Work>()
        /// Per possible thread, whether it runs.
        var isRunning: [Bool]
    }

    private let name: String
    private let niceness: Int32
    private let pool: WorkerPool?
    private let state: Locked<State>

    /// - Parameters:
    ///   - threadCount: threads at the same time, at most.
    ///   - niceness: 0 for the server's own priority, up to 19 for the lowest.
    ///   - pool: whose workers can be hired.
    init(name: String, threadCount: Int, niceness: Int32 = 0, pool: WorkerPool? = nil) {
        self.pool = pool
        self.name = name
        self.niceness = niceness
        state = Locked(State(isRunning: Array(repeating: false, count: threadCount)))
    }

    /// Adds work at the end.
    /// - Returns: false if there is no thread for it and none could be started; it is not done then.
    func enqueue(_ work: @escaping Work) -> Bool {
        state.withLock { state in
            if let index = state.isRunning.firstIndex(of: false) {
                // Under the lock, so that nobody relies on a thread that the system then refuses.
                state.isRunning[index] = start(index)
            }
            guard state.isRunning.contains(true) else { return false }
            state.waiting.append(work)
            return true
        }
    }

    private func start(_ index: Int) -> Bool {
        let thread = WorkerThread(name: "\(name)/\(index)", niceness: niceness) {
            while let work = self.next(index) { work() }
        }
        return pool?.hire(as: thread) == true || thread.start()
    }

    /// The oldest work; nil if there is none, when the thread must end.
    private func next(_ index: Int) -> Work? {
        state.withLock { state in
            let work = state.waiting.popFirst()
            state.isRunning[index] = work != nil
            return work
        }
    }
}
