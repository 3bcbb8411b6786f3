/// Does things at their times, with a thread that is there while something is to come: `ai:late/0`.
///
/// For requests that come from no client: the server's timers belong to its own thread. Adding and removing
/// one takes time in proportion to their number.
final class Deadlines: Sendable {
    /// What is to be done at a time.
    final class Entry: Sendable {
        /// On the clock `Monotonic`.
        let time: Int
        let action: @Sendable () -> Void

        init(time: Int, action: @escaping @Sendable () -> Void) {
            self.time = time
            self.action = action
        }
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        /// Whether a thread is there, or comes.
        var hasThread = false
    }

    private let state = Monitor(State())
    private let thread: WorkQueue

    /// - Parameter pool: whose workers can be hired.
    init(pool: WorkerPool) { thread = WorkQueue(name: "ai:late", threadCount: 1, pool: pool) }

    /// - Parameter action: called once at the time, on the thread of all deadlines; it must not wait.
    /// - Returns: nil if the thread could not be started; the action is never called then.
    func add(at time: Int, _ action: @escaping @Sendable () -> Void) -> Entry? {
        let entry = Entry(time: time, action: action)
        let isMissing = state.withLock { state -> Bool in
            state.entries.append(entry)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        guard isMissing else {
            state.broadcast()
            return entry
        }
        if thread.enqueue({ self.work() }) { return entry }
        state.withLock { state in
            state.hasThread = false
            state.entries.removeAll { $0 === entry }
        }
        return nil
    }

    /// It is not to be done any more; it may have been, or be under way.
    func remove(_ entry: Entry) { state.withLock { state in state.entries.removeAll { $0 === entry } } }

    private func work() {
        while let due = next() {
            for entry in due { entry.action() }
        }
    }

    /// Waits for the next time.
    /// - Returns: what is to be done then; nil if nothing is to come, when the thread must end.
    private func next() -> [Entry]? {
        state.wait { state -> Monitor<State>.Waiting<[Entry]?> in
            guard let first = state.entries.map(\.time).min() else {
                state.hasThread = false
                return .done(nil)
            }
            let now = Monotonic.nanoseconds
            guard first <= now else { return .until(nanoseconds: first) }
            let due = state.entries.filter { $0.time <= now }
            state.entries.removeAll { $0.time <= now }
            return .done(due)
        }
    }
}

/// A time at which something is done, unless it is forgotten before.
public final class Deadline: Sendable {
    private let entry: Deadlines.Entry
    private let deadlines: Deadlines

    init(_ entry: Deadlines.Entry, of deadlines: Deadlines) {
        self.entry = entry
        self.deadlines = deadlines
    }

    /// It is not to be done any more; it may have been, or be under way. Any thread.
    public func forget() { deadlines.remove(entry) }
}
