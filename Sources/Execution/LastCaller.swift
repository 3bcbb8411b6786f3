/// A thread that does what no other could be started for: `ai:call`. It sleeps until then, and has allocated
/// nothing.
final class LastCaller: Sendable {
    private struct State: Sendable {
        var hasThread = false
        var waiting = FirstInFirstOut<@Sendable () -> Void>()
    }

    private static let pauseNanoseconds = 10_000_000

    private let state = Monitor(State())

    /// Starts the thread, unless it is there.
    /// - Returns: whether it is.
    func start() -> Bool {
        // Under the lock, so that nobody relies on a thread that the system then refuses.
        state.withLock { state in
            if state.hasThread { return true }
            state.hasThread = WorkerThread(name: "ai:call", allocatesLater: true) { self.work() }.start()
            return state.hasThread
        }
    }

    /// - Precondition: `start` was true.
    func add(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.waiting.append(work) }
        state.signal()
    }

    private func work() {
        waitForWork()
        while !ThreadMemory.shared.reserve() { pause() }
        ThreadMemory.shared.settle()
        while true { next()() }
    }

    private func waitForWork() {
        state.wait { $0.waiting.isEmpty ? .until(nanoseconds: nil) : .done(()) }
    }

    private func pause() {
        let end = Monotonic.nanoseconds + Self.pauseNanoseconds
        state.wait { _ in Monotonic.nanoseconds >= end ? .done(()) : .until(nanoseconds: end) }
    }

    private func next() -> @Sendable () -> Void {
        state.wait { $0.waiting.popFirst().map { .done($0) } ?? .until(nanoseconds: nil) }
    }
}
