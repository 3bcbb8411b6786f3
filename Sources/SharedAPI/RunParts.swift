/// What belongs to a run that another module has started, until it is over.
///
/// Its end, its deadline and a cancellation race with the thread that starts it: one of them gets all there
/// is, in one step, and what comes later is not kept.
struct RunParts<Target: Sendable, Run: Sendable, Deadline: Sendable>: Sendable {
    /// What there was at the end.
    struct Ended: Sendable {
        let target: Target
        /// Nil if it was over before its start was known.
        let run: Run?
        let deadline: Deadline?
    }

    /// Nil once it is over: what the client may keep is no reason to keep tensors.
    private var target: Target?
    private var run: Run?
    private var deadline: Deadline?

    init(_ target: Target) { self.target = target }

    /// - Returns: false if it is over; the run need not go on then.
    mutating func keep(run: Run) -> Bool {
        guard target != nil else { return false }
        self.run = run
        return true
    }

    /// What is over needs none.
    mutating func keep(deadline: Deadline) {
        if target != nil { self.deadline = deadline }
    }

    /// It is over.
    /// - Returns: nil if it was before.
    mutating func end() -> Ended? {
        guard let target else { return nil }
        defer { (self.target, run, deadline) = (nil, nil, nil) }
        return Ended(target: target, run: run, deadline: deadline)
    }
}
