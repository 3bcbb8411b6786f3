/// For those who start plans from any thread, in nobody's name.
extension Scheduler {
    /// Queues plans and returns when all have ended. They do not wait for others to share a run with.
    ///
    /// Not to be called on a worker, which would wait for itself.
    /// - Returns: the outcome of each.
    public func runQueued(_ plans: [ExecutionPlan]) -> [PlanOutcome] {
        let waits = plans.map { _ in PlanWait() }
        let runs = zip(plans, waits).map { plan, wait in submit(plan, completion: wait) }
        for run in runs { run.hurry() }
        return waits.map { $0.outcome }
    }

    /// Runs plans on the calling thread, the server's, one after the other and however long they take; what
    /// is loading is an error.
    ///
    /// It may be within a run that is in place, of a script that has the server call somebody who calls this.
    /// To wait for a worker would be wrong: it may be waiting for the server's lock.
    /// - Returns: the outcome of each.
    public func runOnServerThread(_ plans: [ExecutionPlan]) -> [PlanOutcome] {
        plans.map { plan in
            var outcome = PlanOutcome(of: plan)
            while let index = outcome.nextStep {
                let step = plan.steps[index]
                do throws(ExecutionError) {
                    guard let inputs = outcome.inputs(step.inputs) else { throw .missingInput }
                    let outputs = try step.work.run(
                        inputs, outputCount: step.outputs.count, slot: calledSlot)
                    outcome.end(index, outputs: outputs, in: step.outputs)
                } catch {
                    outcome.end(index, .failed(error))
                }
            }
            return outcome
        }
    }

    /// Whether there is a thread for `call`, or one could be started. It stays.
    public func hasCaller() -> Bool { lastCaller.start() }

    /// Calls `work` on a thread that has nothing else to do, as soon as there is memory for one.
    /// - Precondition: `hasCaller()` was true.
    public func call(_ work: @escaping @Sendable () -> Void) {
        if !callers.enqueue(work) { lastCaller.add(work) }
    }

    /// Calls `action` once after so many milliseconds, at least 1; it must not wait.
    /// - Returns: nil if there is no thread for that; it is never called then.
    public func deadline(
        afterMilliseconds milliseconds: Int, _ action: @escaping @Sendable () -> Void
    ) -> Deadline? {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        // Half, so that it can be added to a time.
        let time = Monotonic.nanoseconds + (overflow ? Int.max / 2 : min(nanoseconds, Int.max / 2))
        return deadlines.add(at: time, action).map { Deadline($0, of: deadlines) }
    }
}

/// Lets a thread wait for a plan.
private final class PlanWait: PlanCompletion {
    private let ended = Monitor<PlanOutcome?>(nil)

    func stepBegins() {}

    func stepEnded() {}

    func planEnded(_ outcome: PlanOutcome) {
        ended.withLock { $0 = outcome }
        ended.broadcast()
    }

    /// Waits for it.
    var outcome: PlanOutcome {
        ended.wait { outcome in outcome.map { .done($0) } ?? .until(nanoseconds: nil) }
    }
}
