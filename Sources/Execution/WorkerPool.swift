/// The threads that run what is queued, for the queues of all devices together.
///
/// There are as many as all queues may use at once, so that each call is answered. The worker that came back
/// last is called first: its memory is still in the processor's caches, and those that are never needed never
/// allocate, for which the server's allocator would keep an arena each. They live as long as the process.
final class WorkerPool: Sendable {
    /// One of the threads, as the queues see it.
    struct Worker: Sendable {
        fileprivate let number: Int
        /// Where it tells of its runs.
        let slot: RunSlot
        /// What wakes it, and no other.
        let condition: Condition
    }

    private struct Call: Sendable {
        let queue: RunQueue
        let place: Int
    }

    private enum Whereabouts: Sendable {
        case new
        case away
        case waits
        case called(Call)
    }

    private struct State: Sendable {
        /// Of each worker, by its number.
        var whereabouts: [Whereabouts] = []
        /// Those that wait, the last to come back at the end.
        var waiting: [Worker] = []
        /// Calls for workers that are on their way back.
        var calls = FirstInFirstOut<Call>()

        /// Those that have never worked are to be called after all others.
        mutating func addWaiting(_ worker: Worker) {
            if case .new = whereabouts[worker.number] {
                waiting.insert(worker, at: 0)
            } else {
                waiting.append(worker)
            }
            whereabouts[worker.number] = .waits
        }
    }

    private let watch: RunWatch
    private let state = Monitor(State())

    /// - Parameter watch: stops what takes too long on the workers.
    init(watch: RunWatch) { self.watch = watch }

    /// Workers there are.
    var workerCount: Int { state.withLock { $0.whereabouts.count } }

    /// Makes sure that there are as many workers; those there are stay. Calls must not overlap.
    ///
    /// - Returns: false if a thread could not be started.
    func grow(to count: Int) -> Bool {
        let existing = workerCount
        for number in existing..<max(existing, count) {
            // What a worker needs is made here, so that it allocates nothing before its first run.
            let worker = Worker(number: number, slot: watch.makeSlot(), condition: Condition())
            state.withLock { state in
                state.whereabouts.append(.new)
                state.waiting.reserveCapacity(count)
            }
            guard WorkerThread(name: "ai:run/\(number)", body: { self.work(worker) }) != nil else {
                watch.remove(worker.slot)
                state.withLock { _ = $0.whereabouts.removeLast() }
                return false
            }
        }
        return true
    }

    /// Has a worker take a place of a queue.
    /// - Precondition: the place is free, and there are as many workers as places.
    func call(to place: Int, of queue: RunQueue) {
        let call = Call(queue: queue, place: place)
        let worker = state.withLock { state -> Worker? in
            guard let worker = state.waiting.popLast() else {
                state.calls.append(call)
                return nil
            }
            state.whereabouts[worker.number] = .called(call)
            return worker
        }
        worker?.condition.signal()
    }

    // MARK: On the workers

    private func work(_ worker: Worker) {
        let clock = ThreadClock()
        var used = 0
        while true {
            let call = next(worker)
            used = call.queue.work(at: call.place, worker, clock, since: used)
        }
    }

    private func next(_ worker: Worker) -> Call {
        state.wait(on: worker.condition) { state -> Monitor<State>.Waiting<Call> in
            switch state.whereabouts[worker.number] {
            case .called(let call):
                state.whereabouts[worker.number] = .away
                return .done(call)
            case .waits: break
            case .new, .away:
                if let call = state.calls.popFirst() {
                    state.whereabouts[worker.number] = .away
                    return .done(call)
                }
                state.addWaiting(worker)
            }
            return .until(nanoseconds: nil)
        }
    }
}
