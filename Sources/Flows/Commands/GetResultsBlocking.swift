import Redis

/// `RG.GETRESULTSBLOCKING id`
struct GetResultsBlocking: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("RG.GETRESULTSBLOCKING") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let execution = try FlowService.current.execution(id)
        guard !execution.isOver else {
            return FlowAnswer.outcome(execution.results, errors: execution.errors).send(in: context)
        }
        guard context.flags.isDisjoint(with: .cannotWait) else { throw .executionRunning }
        execution.waiters.append(FlowClient(context))
    }
}
