import Redis

/// `RG.ABORTEXECUTION id`, of an execution, or of the session whose script runs
struct AbortExecution: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("RG.ABORTEXECUTION") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        if let execution = service.knownExecution(id) {
            service.abort(execution)
        } else if let session = service.sessions.withScript(id.bytes) {
            service.abortScript(of: session)
        } else {
            throw .executionToAbortMissing
        }
        context.replyOK()
    }
}
