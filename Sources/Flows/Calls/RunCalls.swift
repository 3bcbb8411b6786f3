import Commands
import Execution
import Keyspace
import Redis
import Tensors

/// Runs of models, scripts and DAGs, from the call to the answer.
extension FlowService {
    /// Runs of one process at a time that have not been answered.
    private static let openRunLimit = 10_000

    /// Runs a plan, at once if that is expected to be short, else on workers, and answers with its tensors.
    ///
    /// A flow that holds the server and waits for the run has it here, however long it takes, as in a
    /// transaction: whoever brought what a worker has made would wait for the server.
    /// - Parameters:
    ///   - slots: those of the tensors.
    ///   - isAwaited: whether the flow goes on meanwhile; else it is not to wait for others to share a run.
    func run(
        _ plan: ExecutionPlan, answering slots: [Int], isAwaited: Bool, for call: FlowCall
    ) throws(FlowError) {
        let connection = try asked()
        guard connection.runs.count < Self.openRunLimit else {
            throw .object(.tooManyRuns(limit: Self.openRunLimit))
        }
        let scheduler = ModuleState.current.scheduler
        guard EventLoopWatch.isAvailable || scheduler.hasCaller() else {
            throw .command(.execution(.queueUnavailable))
        }
        var begun = PlanOutcome(of: plan)
        // Before 7.0 this may be a thread of ours, which holds the server's lock.
        if MainThread.isCurrent {
            begun = scheduler.runInline(plan, inTurn: EventLoopTurn.number) {
                DetachedContext.with { $0.noticeEndOfTurn() }
            }
            guard !begun.isEnded else { return try answer(call.number, begun, slots) }
        }
        guard isAwaited || !holding.holders.contains(call.asker) else {
            return try answer(call.number, scheduler.runInPlace(plan, after: begun), slots)
        }
        let run = FlowRun(call.number, of: connection, slots: slots) { [unowned self] run, outcome in
            Self.onServerThread { self.end(run, outcome) }
        }
        let queued = scheduler.submit(plan, after: begun, completion: run)
        if !isAwaited { queued.hurry() }
        run.keep(queued)
    }

    /// Has something done on the server's thread, or under its lock.
    ///
    /// Whoever has news of a run must not wait for that lock: it may be the thread that stops runs.
    private static func onServerThread(_ body: @escaping @Sendable () -> Void) {
        if EventLoopWatch.isAvailable || MainThread.isCurrent {
            ServerThread.call(body)
        } else {
            ModuleState.current.scheduler.call { ServerThread.call(body) }
        }
    }

    private func end(_ run: FlowRun, _ outcome: PlanOutcome) {
        run.end()
        // Another process knows nothing of the call.
        guard run.connection === connection else { return }
        do throws(FlowError) { try answer(run.call, outcome, run.slots) } catch { fail(run.call, error) }
    }

    private func answer(_ number: Int, _ outcome: PlanOutcome, _ slots: [Int]) throws(FlowError) {
        if let error = outcome.firstError { throw .command(.execution(error)) }
        try answer(number, tensors: slots.map { outcome.tensor($0) })
    }
}
