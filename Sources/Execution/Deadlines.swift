/// Does things at their times, with a thread that is there while something is to come: `ai:late/0`.
///
/// For requests that come from no client: the server's timers belong to its own thread.
final class Deadlines: Sendable {
    /// What was added; it stands for nothing once that is done or removed.
    struct Ticket: Sendable {
        fileprivate let place: Int
        fileprivate let number: Int
    }

    private struct Entry: Sendable {
        let number: Int
        let action: @Sendable () -> Void
    }

    private struct State: Sendable {
        /// When the entry at a place is due, on the clock `Monotonic`.
        private var times = IndexedHeap()
        private var entries: [Entry?] = []
        private var free: [Int] = []
        private var lastNumber = 0
        /// Whether a thread is there, or comes.
        var hasThread = false

        /// When the next is due; nil if there is none.
        var nextTime: Int? { times.first?.key }

        mutating func add(at time: Int, _ action: @escaping @Sendable () -> Void) -> Ticket {
            lastNumber += 1
            let place = free.popLast() ?? entries.endIndex
            if place == entries.endIndex { entries.append(nil) }
            entries[place] = Entry(number: lastNumber, action: action)
            times.set(place, key: time)
            return Ticket(place: place, number: lastNumber)
        }

        mutating func remove(_ ticket: Ticket) {
            guard entries[ticket.place]?.number == ticket.number else { return }
            _ = take(ticket.place)
        }

        /// Takes out what is due.
        mutating func takeDue(at now: Int) -> [@Sendable () -> Void] {
            var due: [@Sendable () -> Void] = []
            while let first = times.first, first.key <= now {
                if let entry = take(first.place) { due.append(entry.action) }
            }
            return due
        }

        private mutating func take(_ place: Int) -> Entry? {
            defer { entries[place] = nil }
            times.remove(place)
            free.append(place)
            return entries[place]
        }
    }

    private let state = Monitor(State())
    private let thread: WorkQueue

    /// - Parameter pool: whose workers can be hired.
    init(pool: WorkerPool) { thread = WorkQueue(name: "ai:late", threadCount: 1, pool: pool) }

    /// - Parameter action: called once at the time, on the thread of all deadlines; it must not wait.
    /// - Returns: nil if the thread could not be started; the action is never called then.
    func add(at time: Int, _ action: @escaping @Sendable () -> Void) -> Ticket? {
        let ticket = state.withLock { state -> Ticket? in
            // Under the lock, so that nobody relies on a thread that the system then refuses.
            guard state.hasThread || thread.enqueue({ self.work() }) else { return nil }
            state.hasThread = true
            return state.add(at: time, action)
        }
        state.broadcast()
        return ticket
    }

    /// It is not to be done any more; it may have been, or be under way.
    func remove(_ ticket: Ticket) { state.withLock { $0.remove(ticket) } }

    private func work() {
        while let due = next() {
            for action in due { action() }
        }
    }

    /// Waits for the next time.
    /// - Returns: what is to be done then; nil if nothing is to come, when the thread must end.
    private func next() -> [@Sendable () -> Void]? {
        state.wait { state -> Monitor<State>.Waiting<[@Sendable () -> Void]?> in
            guard let time = state.nextTime else {
                state.hasThread = false
                return .done(nil)
            }
            let now = Monotonic.nanoseconds
            guard time <= now else { return .until(nanoseconds: time) }
            return .done(state.takeDue(at: now))
        }
    }
}

/// A time at which something is done, unless it is forgotten before.
public struct Deadline: Sendable {
    private let ticket: Deadlines.Ticket
    private let deadlines: Deadlines

    init(_ ticket: Deadlines.Ticket, of deadlines: Deadlines) {
        self.ticket = ticket
        self.deadlines = deadlines
    }

    /// It is not to be done any more; it may have been, or be under way. Any thread.
    public func forget() { deadlines.remove(ticket) }
}
