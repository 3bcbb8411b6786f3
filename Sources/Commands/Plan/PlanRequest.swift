import Execution
import Keyspace
import Redis

/// A plan and what its client gets of it: where single executions and DAGs meet.
struct PlanRequest<Keys: RandomAccessCollection<Argument>> {
    let plan: ExecutionPlan
    let outputs: StoredOutputs<Keys>
    let answer: PlanAnswer
    /// 0 = no deadline.
    let timeoutMilliseconds: Int
    /// What the plan's scripts may ask; nil without scripts.
    var server: ScriptAccess?

    /// Runs at once if that is expected to be short; else blocks the client until workers have run it.
    ///
    /// Where a client cannot be blocked the plan runs in place, however long it takes.
    func run(in context: borrowing RedisContext) {
        let scheduler = ModuleState.current.scheduler
        let begun = scheduler.runInline(plan, inTurn: EventLoopTurn.number) { context.noticeEndOfTurn() }
        guard !begun.isEnded else { return answer.give(begun, storing: outputs, in: context) }
        guard (outputs.flags ?? context.flags).isDisjoint(with: .cannotWait) else {
            let outcome =
                server.map { $0.lend(context) { scheduler.runInPlace(plan, after: begun) } }
                ?? scheduler.runInPlace(plan, after: begun)
            // A command that a script has called may have begun an AOF.
            var outputs = outputs
            outputs.flags = context.flags
            return answer.give(outcome, storing: outputs, in: context)
        }
        let pending = PendingRun(outputs, answer, context)
        let client = context.block(pending, timeoutMilliseconds: timeoutMilliseconds)
        pending.run = scheduler.submit(plan, after: begun, completion: RunCompletion(client, pending))
    }
}

extension RedisContext {
    /// Refuses a transaction, a script or a call by another module, unless a setting allows to execute there.
    /// - Parameter flags: the context's.
    func refuseTransaction(_ flags: ContextFlags) throws(CommandError) {
        guard !flags.isDisjoint(with: .cannotWait) else { return }
        guard ModuleState.installed?.settings.executesInTransactions == true else { throw .inTransaction }
    }
}

extension ContextFlags {
    /// The reply has to be there when the command returns.
    fileprivate static var cannotWait: ContextFlags { [.script, .transaction, .cannotBlock] }
}
