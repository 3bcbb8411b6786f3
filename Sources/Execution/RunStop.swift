/// How a run on this thread is stopped if it takes too long; valid during that run.
public struct RunStop: Sendable {
    private let slot: RunSlot
    /// When the run began, in nanoseconds.
    private let began: Int

    init(_ slot: RunSlot, began: Int) {
        self.slot = slot
        self.began = began
    }

    /// What could end the thread's last run: a backend goes on with the one that it made for the first.
    @inline(__always)
    public var interrupt: (any RunInterrupt)? { slot.interrupt }

    /// Runs `body`, and has `interrupt` end it once the run takes longer than it may.
    ///
    /// That it was stopped shows in what `body` returns or throws; a run that was about to end may also end
    /// as if nothing had happened.
    @inline(__always)
    public func run<Result, Failure: Error>(
        interruptedBy interrupt: any RunInterrupt, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        slot.begin(interrupt, at: began)
        defer { slot.end(began) }
        return try body()
    }

    /// Whether the run is being stopped; within `run`.
    public var isRaised: Bool { slot.isRaised }
}
