import Redis

/// `RG.DUMPEXECUTIONS`
struct DumpExecutions: Command {
    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 0 else { throw .arity("RG.DUMPEXECUTIONS") }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let all = FlowService.current.executions.inOrder
        context.reply(arrayOf: all.count)
        for execution in all {
            context.reply(arrayOf: 6)
            context.reply(bulk: "executionId")
            context.reply(bulk: execution.id.bytes)
            context.reply(bulk: "status")
            context.reply(bulk: Array(execution.status.rawValue.utf8))
            context.reply(bulk: "registered")
            context.reply(integer: execution.registration == nil ? 0 : 1)
        }
    }
}
