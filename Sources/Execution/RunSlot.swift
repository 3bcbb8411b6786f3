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

    private let watch: RunWatch
    private let state = Atomic<Int>(RunSlot.idle)
    // Safety: changed by the thread while no run is under way, read by the watch while it stops one; the
    // state keeps them apart. Checks of that by the language would be a fifth of what a run pays.
    @exclusivity(unchecked)
    private var lastInterrupt: (any RunInterrupt)?
    private let inner = PublishedOnce<RunSlot>()

    init(of watch: RunWatch) { self.watch = watch }

    /// The stop of a run that begins now.
    public func stop() -> RunStop { stop(since: Monotonic.nanoseconds) }

    /// The stop of a run that began at a time of `Monotonic`.
    @inline(__always)
    func stop(since nanoseconds: Int) -> RunStop { RunStop(self, began: nanoseconds) }

    /// That of a run within a run of this slot: a model that a script runs. Made when first needed.
    var nested: RunSlot { inner.valueOrPublish { watch.makeSlot() } }

    /// As above; nil until there is one.
    var nestedIfMade: RunSlot? { inner.value }

    // MARK: For the thread

    /// That of the last run.
    @inline(__always)
    var interrupt: (any RunInterrupt)? { unsafe lastInterrupt }

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
        watch.waitUntil { state.load(ordering: .acquiring) == Self.stopped }
        unsafe lastInterrupt?.lower()
        state.store(Self.idle, ordering: .releasing)
    }

    var isRaised: Bool { state.load(ordering: .acquiring) < Self.idle }

    // MARK: For the watch

    /// What the watch does about the thread's run.
    enum Verdict: Equatable {
        /// Nothing: none is under way, or it has been stopped.
        case none
        /// Look again at that time.
        case look(at: Int)
        /// It has been stopped; whoever waits for that is to be told.
        case raised
    }

    /// Whether a run is under way that has not been stopped.
    var isRunning: Bool { state.load(ordering: .sequentiallyConsistent) > Self.idle }

    /// Stops the run under way if it began at least `limit` before `now`, both in nanoseconds.
    func judge(at now: Int, limit: Int) -> Verdict {
        let began = state.load(ordering: .acquiring)
        guard began > Self.idle else { return .none }
        guard now - began >= limit else { return .look(at: began + limit) }
        let (isOurs, _) = state.compareExchange(
            expected: began, desired: Self.stopping, ordering: .acquiringAndReleasing)
        // Else it has ended just now, and perhaps another one has begun.
        guard isOurs else { return .look(at: now + limit) }
        // The thread cannot leave this run before it sees that the interrupt is raised.
        unsafe lastInterrupt?.raise()
        state.store(Self.stopped, ordering: .releasing)
        return .raised
    }
}
