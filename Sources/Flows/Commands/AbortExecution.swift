import Redis

/// `RG.ABORTEXECUTION id`
struct AbortExecution: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("RG.ABORTEXECUTION") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        guard let execution = service.knownExecution(id) else { throw .executionToAbortMissing }
        service.abort(execution)
        context.replyOK()
    }
}
