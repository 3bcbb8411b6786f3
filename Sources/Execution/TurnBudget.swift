import Synchronization

/// How much longer a turn of the server's event loop may get by runs on its thread.
///
/// Others wait for as long as a turn takes, and each of its clients may ask for a run. To hand a run to a
/// worker takes time as well, so only what a run takes beyond that is counted: a turn gets at most a budget
/// longer than if all its runs were queued. One thread at a time.
struct TurnBudget: ~Copyable, Sendable {
    /// What it costs the server's thread to block a client, call a worker and reply later, beyond what a
    /// reply at once costs. Measured on a 2.8 GHz Xeon with 64 clients: 10 to 12 microseconds of its time for
    /// a queued request, 5 for the same without its run.
    static let handOverNanoseconds = 5000

    private let turn = Atomic<Int>(0)
    private let used = Atomic<Int>(0)

    init() {}

    /// Whether a turn has as much left as runs are expected to take.
    ///
    /// - Parameters:
    ///   - nanoseconds: how long they are expected to take.
    ///   - saved: what is not needed if they are not queued.
    ///   - budget: of a turn; no run may take longer, either.
    ///   - number: of the turn.
    ///   - noticeEnd: has the next turn have another number. Called when there is too little left.
    func allows(
        _ nanoseconds: Int, saving saved: Int = 0, of budget: Int, inTurn number: Int, noticeEnd: () -> Void
    ) -> Bool {
        guard nanoseconds <= budget else { return false }
        guard nanoseconds > saved, taken(in: number) + nanoseconds - saved > budget else { return true }
        noticeEnd()
        return false
    }

    /// Counts what runs have taken, which may be far less than was expected: estimates are cautious.
    ///
    /// - Parameter noticeEnd: as for `allows`. Called from a quarter of the budget on, so that nobody is told
    ///   of most turns, and each begins with three quarters of it at least.
    func add(
        _ nanoseconds: Int, saving saved: Int = 0, of budget: Int, inTurn number: Int, noticeEnd: () -> Void
    ) {
        guard nanoseconds > saved else { return }
        let after = taken(in: number) + nanoseconds - saved
        turn.store(number, ordering: .relaxed)
        used.store(after, ordering: .relaxed)
        if after > budget / 4 { noticeEnd() }
    }

    private func taken(in number: Int) -> Int {
        turn.load(ordering: .relaxed) == number ? used.load(ordering: .relaxed) : 0
    }
}
