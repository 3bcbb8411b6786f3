import Synchronization

/// Where a thread tells the watch that a run is under way, and how to stop it.
///
/// Each thread that runs models has one of its own and uses it for one run at a time, which costs two atomic
/// writes. Whoever else looks, looks from the watch's thread.
@safe
public final class RunSlot: @unchecked Sendable {
    // States other than the time at which the run under way began, which is positive.
    private static let idle = 0
    /// The watch is raising the interrupt.
    private static let stopping = -1
    /// The interrupt is raised.
    private static let stopped = -2
    /// The run has ended, and the thread is lowering the interrupt.
    private static let ending = -3
    /// The run did not stop, and the watch is answering for it.
    private static let losing = -4
    /// The run is nobody's any more.
    private static let lost = -5

    private let watch: RunWatch
    /// What the thread has for itself, in runs within runs as well.
    let hold: ExclusiveHold
    /// What the thread runs, for crash reports.
    let activity = Activity()
    private let state = Atomic<Int>(RunSlot.idle)
    // Safety of these two: changed by the thread while no run is under way, read by the watch while it stops
    // or loses one; the state keeps them apart. Checks of that by the language would be a fifth of what a
    // run pays.
    @exclusivity(unchecked)
    private var lastInterrupt: (any RunInterrupt)?
    @exclusivity(unchecked)
    private var turn: RunTurn?
    /// When the run that was stopped began, and when it will be lost, if ever. The watch's.
    private var stoppedRun = (began: 0, loss: Int?.none)
    private let inner = PublishedOnce<RunSlot>()

    init(of watch: RunWatch, hold: ExclusiveHold = ExclusiveHold()) {
        self.watch = watch
        self.hold = hold
    }

    /// The stop of a run that begins now.
    public func stop() -> RunStop { stop(since: Monotonic.nanoseconds) }

    /// The stop of a run that began at a time of `Monotonic`.
    @inline(__always)
    func stop(since nanoseconds: Int) -> RunStop { RunStop(self, began: nanoseconds) }

    /// That of a run within a run of this slot: a model that a script runs. Made when first needed.
    var nested: RunSlot { inner.valueOrPublish { watch.makeSlot(hold: hold) } }

    /// As above; nil until there is one.
    var nestedIfMade: RunSlot? { inner.value }

    // MARK: For the thread

    /// That of the last run.
    @inline(__always)
    var interrupt: (any RunInterrupt)? { unsafe lastInterrupt }

    /// Runs from now on belong to a place, so that another thread can take it when one of them is stuck.
    func come(to turn: RunTurn) { unsafe self.turn = turn }

    /// The thread belongs to no place any more.
    func leave() { unsafe turn = nil }

    /// The next run is for these requests.
    @inline(__always)
    func serve(_ requests: RunTurn.Requests) { unsafe turn?.requests = requests }

    @inline(__always)
    func begin(_ interrupt: any RunInterrupt, at nanoseconds: Int) {
        // Spares counting references where the thread goes on with the same runtime.
        if unsafe lastInterrupt !== interrupt { unsafe lastInterrupt = interrupt }
        // Either the watch sees this run before it falls asleep, or this run sees that the watch sleeps.
        state.store(nanoseconds, ordering: .sequentiallyConsistent)
        if watch.isAsleep { watch.wake() }
    }

    @inline(__always)
    func end(_ began: Int) {
        let (isUndisturbed, _) = state.compareExchange(
            expected: began, desired: Self.idle, ordering: .acquiringAndReleasing)
        if !isUndisturbed { endStopped() }
    }

    /// The interrupt must be raised before it can be lowered, or it would hit the next run.
    private func endStopped() {
        watch.waitUntil {
            state.compareExchange(
                expected: Self.stopped, desired: Self.ending, ordering: .acquiringAndReleasing
            ).exchanged || isLost
        }
        unsafe lastInterrupt?.lower()
        if !isLost { state.store(Self.idle, ordering: .releasing) }
    }

    var isRaised: Bool { state.load(ordering: .acquiring) < Self.idle }

    /// Whether the last run was lost: others have answered for it, and what it brings is to be dropped.
    @inline(__always)
    var isLost: Bool { state.load(ordering: .acquiring) == Self.lost }

    /// The thread goes on after a run that was lost.
    func resume() {
        hold.find()
        state.store(Self.idle, ordering: .releasing)
    }

    // MARK: For the watch

    /// What the watch does about the thread's run.
    enum Verdict: Equatable {
        /// Nothing: none is under way, or nothing more can be done.
        case none
        /// Look again at that time.
        case look(at: Int)
        /// It has been stopped; whoever waits for that is to be told. Look again at that time, if any.
        case raised(next: Int?)
        /// It has been lost; whoever waits for that is to be told.
        case lost
    }

    /// Whether a run is under way that has not been stopped.
    var isRunning: Bool { state.load(ordering: .sequentiallyConsistent) > Self.idle }

    /// Stops the run under way if it began at least `limit` before `now`, both in nanoseconds; some time
    /// after that it is lost.
    func judge(at now: Int, limit: Int) -> Verdict {
        let began = state.load(ordering: .acquiring)
        guard began != Self.stopped else { return judgeStopped(at: now) }
        guard began > Self.idle else { return .none }
        guard now - began >= limit else { return .look(at: began + limit) }
        // Else it has ended just now, and perhaps another one has begun.
        guard change(from: began, to: Self.stopping) else { return .look(at: now + limit) }
        // The thread cannot leave this run before it sees that the interrupt is raised.
        unsafe lastInterrupt?.raise()
        // Where nobody else could go on there is nothing to lose.
        stoppedRun = (began, unsafe turn == nil ? nil : now + watch.grace)
        state.store(Self.stopped, ordering: .releasing)
        return .raised(next: stoppedRun.loss)
    }

    private func judgeStopped(at now: Int) -> Verdict {
        guard let loss = stoppedRun.loss else { return .none }
        guard now >= loss else { return .look(at: loss) }
        guard change(from: Self.stopped, to: Self.losing) else { return .none }
        if let turn = unsafe turn {
            unsafe self.turn?.requests = .none
            hold.lose()
            turn.queue.lose(self, turn, after: now - stoppedRun.began)
        }
        state.store(Self.lost, ordering: .releasing)
        return .lost
    }

    private func change(from old: Int, to new: Int) -> Bool {
        state.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing).exchanged
    }
}
