import Redis

/// `RG.DROPEXECUTION id`
struct DropExecution: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("RG.DROPEXECUTION") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        let execution = try service.execution(id)
        guard execution.isOver else { throw .executionNotFinished }
        service.executions.drop(execution)
        context.replyOK()
    }
}
