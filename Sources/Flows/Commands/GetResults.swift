import Redis

/// `RG.GETRESULTS id`
struct GetResults: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("RG.GETRESULTS") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let execution = try FlowService.current.execution(id)
        guard execution.isOver else { throw .executionRunning }
        FlowAnswer.outcome(execution.results, errors: execution.errors).send(in: context)
    }
}
