import Glibc

/// The processor time that one thread has used. Any thread may read it.
struct ThreadClock: Sendable {
    private let clock: clockid_t

    /// Of the calling thread; nil where the system does not tell.
    init?() {
        var clock = clockid_t()
        guard unsafe pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return nil }
        self.clock = clock
    }

    /// So far; 0 once the thread has ended.
    var nanoseconds: Int {
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// The processor time that one thread after another has used at the same place.
struct ProcessorTime: Sendable {
    private var past = 0
    /// Of the thread that is there; nil if none is.
    private var clock: ThreadClock?
    /// What its clock showed when it came.
    private var start = 0

    /// A thread has come.
    /// - Parameters:
    ///   - clock: the thread's; without one, its time is not counted.
    ///   - nanoseconds: what the clock shows; the time from then on counts.
    mutating func begin(_ clock: ThreadClock?, at nanoseconds: Int) {
        self.clock = clock
        start = nanoseconds
    }

    /// The thread leaves.
    /// - Returns: what its clock shows.
    mutating func end() -> Int {
        let now = clock?.nanoseconds ?? start
        past += now - start
        clock = nil
        return now
    }

    /// Of all threads so far.
    var nanoseconds: Int { past + (clock.map { $0.nanoseconds - start } ?? 0) }
}
