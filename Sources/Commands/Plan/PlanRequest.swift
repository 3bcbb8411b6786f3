import Execution
import Keyspace
import Redis

/// A plan and what its client gets of it: where single executions and DAGs meet.
struct PlanRequest {
    let plan: ExecutionPlan
    let outputs: PlanOutputs
    let answer: PlanAnswer
    /// 0 = no deadline.
    let timeoutMilliseconds: Int

    /// Runs at once if that is expected to be short; else blocks the client until workers have run it.
    func run(in context: borrowing RedisContext) throws(CommandError) {
        let scheduler = ModuleState.current.scheduler
        if let outcome = scheduler.runInline(plan) {
            return answer.give(outcome, storing: outputs, in: context)
        }
        guard !context.flags.contains(.cannotBlock) else { throw .inTransaction }
        let pending = PendingRun(outputs, answer, context)
        let client = context.block(pending, timeoutMilliseconds: timeoutMilliseconds)
        pending.run = scheduler.submit(plan, completion: RunCompletion(client, pending))
    }

    static func refuseTransaction(_ context: borrowing RedisContext) throws(CommandError) {
        guard context.flags.isDisjoint(with: [.script, .transaction]) else { throw .inTransaction }
    }
}
