/// How a device goes on without workers whose runs do not stop.
extension RunQueue {
    /// Runs under way that have outlasted their limit and do not stop.
    public var stuckRunCount: Int { state.withLock { $0.lost.count } }

    /// A worker's run did not stop: whoever waits for it is answered, and another worker takes the place.
    ///
    /// On the watch's thread, which keeps the worker from going on meanwhile.
    /// - Parameter nanoseconds: how long the run has taken so far.
    func lose(_ slot: RunSlot, _ turn: RunTurn, after nanoseconds: Int) {
        busyCount.wrappingSubtract(1, ordering: .relaxed)
        let isReplaced = state.withLock { $0.lost.canReplace } && pool.replace()
        let stuckCount = state.withLock { state -> Int? in
            guard isReplaced else {
                state.lost.add(slot, at: turn.place)
                return state.lost.placeCount == workerCount ? state.lost.count : nil
            }
            state.lost.addReplaced()
            _ = state.times[turn.place].end()
            state.free.append(turn.place)
            return nil
        }
        wakeOne()
        switch turn.requests {
        case .none: break
        case .together(let requests): for request in requests { request.lose(after: nanoseconds) }
        case .one(let request, let others):
            request.lose(after: nanoseconds)
            for other in others { other.waitAgain() }
        }
        guard let stuckCount else { return }
        for request in removeAll() {
            request.plan.refused(request.step, .deviceStuck(device: name, runCount: stuckCount))
        }
    }

    /// A worker's run that was lost has ended after all.
    /// - Returns: where the worker goes on; nil if it is not needed any more.
    func comeBack(_ slot: RunSlot, _ clock: ThreadClock?) -> Int? {
        let next = state.withLock { state -> LostWorkers<RunSlot>.Return in
            let next = state.lost.takeBack(slot)
            if case .goesOn(let place) = next {
                let used = clock?.nanoseconds ?? 0
                _ = state.times[place].end()
                state.times[place].begin(clock, at: used)
            }
            return next
        }
        guard case .goesOn(let place) = next else { return nil }
        slot.come(to: RunTurn(queue: self, place: place))
        slot.resume()
        return place
    }
}
