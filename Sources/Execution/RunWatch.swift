import Synchronization

/// Stops runs that take too long, on all threads, with one thread of its own: `ai:watch`. What does not stop
/// is lost some time later: see `RunQueue.lose`. Builds cannot be stopped: they are given up at their limit.
///
/// A run does not wake the thread, unless it is the first after a time without any. The thread then sleeps
/// until a run could have reached the limit, looks when those under way began, and sleeps again: without a
/// time once none is under way. So it wakes about once in the time of the limit while there are runs, and
/// never while there are none.
public final class RunWatch: Sendable {
    private struct State: Sendable {
        /// Strong: weak references would make each count of theirs several times as costly.
        var slots: [RunSlot] = []
        var builds: [BuildTurn] = []
        var hasThread = false
        /// A run has begun while the thread slept without a time.
        var isWoken = false
    }

    /// A new limit is noticed after as many nanoseconds, even during a run that has the old one.
    private static let longestSleep = 1_000_000_000

    private let milliseconds: @Sendable () -> Int
    private let graceMilliseconds: @Sendable () -> Int
    private let state = Monitor(State())
    /// Whether nobody looks at runs until the next one begins.
    private let sleeps = Atomic<Bool>(true)

    /// - Parameter limit: milliseconds that a run may take, at least 1; asked anew each time, on the watch's
    ///   thread.
    public convenience init(limit: @escaping @Sendable () -> Int) {
        self.init(grace: { RunSettings().stopGraceMilliseconds }, limit: limit)
    }

    /// - Parameters:
    ///   - grace: milliseconds after the limit from which on a run that has not stopped is lost.
    ///   - limit: as above.
    init(grace: @escaping @Sendable () -> Int, limit: @escaping @Sendable () -> Int) {
        graceMilliseconds = grace
        milliseconds = limit
    }

    /// A slot for the runs of one thread, watched until it is removed.
    public func makeSlot() -> RunSlot { makeSlot(hold: ExclusiveHold()) }

    /// - Parameter hold: the thread's.
    func makeSlot(hold: ExclusiveHold) -> RunSlot {
        let slot = RunSlot(of: self, hold: hold)
        state.withLock { $0.slots.append(slot) }
        return slot
    }

    /// Forgets the slot of a thread that runs nothing any more.
    public func remove(_ slot: RunSlot) {
        let nested = slot.nestedIfMade
        state.withLock { state in state.slots.removeAll { $0 === slot || $0 === nested } }
    }

    // MARK: For threads with runs

    /// Whether a run that begins now has to wake the watch.
    @inline(__always)
    var isAsleep: Bool { sleeps.load(ordering: .sequentiallyConsistent) }

    /// Has the thread look after runs from now on; starts it at the first.
    func wake() {
        guard sleeps.exchange(false, ordering: .sequentiallyConsistent) else { return }
        // Nobody else comes here until the thread sleeps again.
        // Without a thread there is no limit for this run.
        guard makeThread() else { return }
        state.withLock { $0.isWoken = true }
        state.broadcast()
    }

    /// Waits until the watch has made `claim` true.
    func waitUntil(_ claim: () -> Bool) {
        state.wait { _ in claim() ? .done(()) : .until(nanoseconds: nil) }
    }

    /// Starts the thread, unless it is there; it has the priority of the thread that calls first.
    /// - Returns: false if the system refuses.
    @discardableResult
    func makeThread() -> Bool {
        let isMissing = state.withLock { state in
            defer { state.hasThread = true }
            return !state.hasThread
        }
        guard isMissing, !makeItsThread().start() else { return true }
        state.withLock { $0.hasThread = false }
        // Somebody may have relied on it meanwhile; the next run tries again.
        sleeps.store(true, ordering: .sequentiallyConsistent)
        return false
    }

    private func makeItsThread() -> WorkerThread {
        WorkerThread(name: "ai:watch", allocatesLater: true) { self.work() }
    }

    // MARK: For threads that build

    /// A build begins.
    func begin(_ build: BuildTurn) {
        state.withLock { $0.builds.append(build) }
        if isAsleep { wake() }
    }

    /// Its thread has ended it.
    func end(_ build: BuildTurn) { state.withLock { $0.builds.removeAll { $0 === build } } }

    /// Builds that threads are at.
    var builds: [BuildTurn] { state.withLock { $0.builds } }

    // MARK: On the watch's thread, which allocates nothing until a run is lost

    private func work() {
        while true {
            sleepUntilWoken()
            // No run has begun before.
            var time: Int? = Monotonic.nanoseconds + min(limit, Self.longestSleep)
            while let until = time {
                sleep(until: until)
                time = look(at: Monotonic.nanoseconds)
            }
        }
    }

    private var limit: Int { Self.nanoseconds(milliseconds()) }

    /// So many nanoseconds after its limit a run that has not stopped is lost.
    var grace: Int { Self.nanoseconds(graceMilliseconds()) }

    private static func nanoseconds(_ milliseconds: Int) -> Int {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        // Half, so that it can be added to a time.
        return overflow ? .max / 2 : max(1, nanoseconds)
    }

    private func sleepUntilWoken() {
        state.wait { state -> Monitor<State>.Waiting<Void> in
            guard state.isWoken else { return .until(nanoseconds: nil) }
            state.isWoken = false
            return .done(())
        }
    }

    private func sleep(until time: Int) {
        state.wait { _ in Monotonic.nanoseconds >= time ? .done(()) : .until(nanoseconds: time) }
    }

    private var slots: [RunSlot] { state.withLock { $0.slots } }

    /// Stops what has reached the limit.
    /// - Returns: when to look again; nil to sleep until a run wakes the thread.
    private func look(at now: Int) -> Int? {
        let limit = limit
        var next: Int?
        for slot in slots {
            switch slot.judge(at: now, limit: limit) {
            case .look(let time): next = min(time, next ?? time)
            case .raised(let time):
                tell()
                if let time { next = min(time, next ?? time) }
            case .lost: tell()
            case .none: break
            }
        }
        for build in builds where !build.isOver {
            build.judge(at: now)
            next = min(now + Self.longestSleep, next ?? .max)
        }
        if next == nil {
            guard !fallsAsleep() else { return nil }
            next = now + limit
        }
        return next.map { min($0, now + Self.longestSleep) }
    }

    /// Those who wait hold the lock between their look and their sleep, so none of them misses this.
    private func tell() {
        state.withLock { _ in }
        state.broadcast()
    }

    /// - Returns: false if a run has begun meanwhile that could not know of it.
    private func fallsAsleep() -> Bool {
        sleeps.store(true, ordering: .sequentiallyConsistent)
        // Also threads that have come since.
        guard slots.contains(where: \.isRunning) || builds.contains(where: { !$0.isOver }) else {
            return true
        }
        // If another thread was faster to end the sleep, it is about to wake this one.
        return !sleeps.exchange(false, ordering: .sequentiallyConsistent)
    }
}
