/// Lets a model have one run at a time, and nobody wait for one that does not end.
final class ExclusiveRun: Sendable {
    private enum State {
        case free
        case taken(by: ObjectIdentifier)
        /// By a run that has outlasted its limit and did not stop.
        case stuck
    }

    private let state = Monitor(State.free)

    /// Waits until no other run is under way, then runs `body`.
    ///
    /// - Parameter hold: the calling thread's.
    /// - Throws: `.modelStuck` if a run does not end, or what `body` throws.
    func run<Result>(
        by hold: ExclusiveHold, _ body: () throws(ExecutionError) -> Result
    ) throws(ExecutionError) -> Result {
        guard take(hold) else { throw .modelStuck }
        defer { giveBack(hold) }
        return try body()
    }

    private func take(_ hold: ExclusiveHold) -> Bool {
        let isTaken = state.wait { state -> Monitor<State>.Waiting<Bool> in
            switch state {
            case .taken: return .until(nanoseconds: nil)
            case .stuck: return .done(false)
            case .free:
                state = .taken(by: ObjectIdentifier(hold))
                return .done(true)
            }
        }
        guard isTaken else { return false }
        guard hold.enter(self) else {
            free()
            return false
        }
        return true
    }

    private func giveBack(_ hold: ExclusiveHold) {
        hold.leave()
        free()
    }

    private func free() {
        state.withLock { $0 = .free }
        state.signal()
    }

    /// The thread that has it does not come back before long: nobody waits any more until it does.
    func getStuck(by hold: ExclusiveHold) {
        state.withLock { state in
            // It may have been given back just now.
            if case .taken(ObjectIdentifier(hold)) = state { state = .stuck }
        }
        state.broadcast()
    }
}

/// Which model a thread has for itself: a thread has one at most, also within a script.
final class ExclusiveHold: Sendable {
    private struct State {
        var model: ExclusiveRun?
        var isLost = false
    }

    private let state = Locked(State())

    /// The thread takes a model.
    /// - Returns: false if it must not, because it was lost.
    func enter(_ model: ExclusiveRun) -> Bool {
        state.withLock { state in
            guard !state.isLost else { return false }
            state.model = model
            return true
        }
    }

    /// The thread gives it back.
    func leave() { state.withLock { $0.model = nil } }

    /// The thread is lost, and so is what it has.
    func lose() {
        let model = state.withLock { state in
            state.isLost = true
            return state.model
        }
        model?.getStuck(by: self)
    }

    /// The thread has come back.
    func find() { state.withLock { $0.isLost = false } }
}
