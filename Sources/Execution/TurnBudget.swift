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

    /// Takes what runs need if the turn has that much left.
    ///
    /// - Parameters:
    ///   - nanoseconds: how long they are expected to take.
    ///   - saved: what is not needed if they are not queued.
    ///   - budget: of a turn; no run may take longer, either.
    ///   - number: of the turn.
    ///   - noticeEnd: has the next turn have another number. Called from a quarter of the budget on, so
    ///     that nobody is told of most turns, and each begins with three quarters of it at least.
    func take(
        _ nanoseconds: Int, saving saved: Int = 0, of budget: Int, inTurn number: Int, noticeEnd: () -> Void
    ) -> Bool {
        guard nanoseconds <= budget else { return false }
        guard nanoseconds > saved else { return true }
        let before = turn.load(ordering: .relaxed) == number ? used.load(ordering: .relaxed) : 0
        let after = before + nanoseconds - saved
        if after > budget / 4 { noticeEnd() }
        guard after <= budget else { return false }
        turn.store(number, ordering: .relaxed)
        used.store(after, ordering: .relaxed)
        return true
    }
}
