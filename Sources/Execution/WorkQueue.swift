/// Work in the background, first come, first served, on threads that exist while there is some.
final class WorkQueue: Sendable {
    typealias Work = @Sendable () -> Void

    private struct State: Sendable {
        var waiting = FirstInFirstOut<Work>()
        /// Threads that have nothing to do and will look again.
        var idleCount = 0
        /// Per possible thread, whether there is one.
        var isStarted: [Bool]
    }

    /// A thread with nothing to do ends after this; the next one takes over its arena of memory.
    private static let idleNanoseconds = 500_000_000

    private let name: String
    private let niceness: Int32
    private let state: Monitor<State>

    /// - Parameters:
    ///   - threadCount: threads at the same time, at most.
    ///   - niceness: 0 for the server's own priority, up to 19 for the lowest.
    init(name: String, threadCount: Int, niceness: Int32 = 0) {
        self.name = name
        self.niceness = niceness
        state = Monitor(State(isStarted: Array(repeating: false, count: threadCount)))
    }

    /// Adds work at the end.
    /// - Returns: false if there is no thread for it and none could be started; it is not done then.
    func enqueue(_ work: @escaping Work) -> Bool {
        let isTaken = state.withLock { state in
            let isShort = state.waiting.count >= state.idleCount
            if isShort, let index = state.isStarted.firstIndex(of: false) {
                // Under the lock, so that nobody relies on a thread that the system then refuses.
                state.isStarted[index] = start(index)
            }
            guard state.isStarted.contains(true) else { return false }
            state.waiting.append(work)
            return true
        }
        state.signal()
        return isTaken
    }

    private func start(_ index: Int) -> Bool {
        let thread = WorkerThread(name: "\(name)/\(index)", niceness: niceness) {
            while let work = self.next(index) { work() }
        }
        return thread != nil
    }

    /// The oldest work; nil after a while without any, when the thread must end.
    private func next(_ index: Int) -> Work? {
        var end: Int?
        return state.wait { state in
            if end != nil { state.idleCount -= 1 }
            if let work = state.waiting.popFirst() { return .done(work) }
            let now = Monotonic.nanoseconds
            let limit = end ?? now + Self.idleNanoseconds
            guard now < limit else {
                state.isStarted[index] = false
                return .done(nil)
            }
            end = limit
            state.idleCount += 1
            return .until(nanoseconds: limit)
        }
    }
}
