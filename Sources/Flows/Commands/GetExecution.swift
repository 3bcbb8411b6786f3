import Redis

/// `RG.GETEXECUTION id [SHARD|CLUSTER]`
struct GetExecution: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard (1...2).contains(words.remaining), let id = words.next() else {
            throw .arity("RG.GETEXECUTION")
        }
        self.id = id
        guard let scope = words.next() else { return }
        // Executions are this server's, in a cluster as well.
        if scope.matches("CLUSTER") { throw .noCluster }
        guard scope.matches("SHARD") else { throw .unknownSubcommand }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        let execution = try service.execution(id)
        context.reply(arrayOf: 1)
        context.reply(arrayOf: 4)
        context.reply(bulk: "shard_id")
        context.reply(bulk: service.ids.nodeID)
        context.reply(bulk: "execution_plan")
        report(execution, in: context)
    }

    private func report(_ execution: FlowExecution, in context: borrowing RedisContext) {
        context.reply(arrayOf: 16)
        context.reply(bulk: "status")
        context.reply(bulk: Array(execution.status.rawValue.utf8))
        context.reply(bulk: "shards_received")
        context.reply(integer: 0)
        context.reply(bulk: "shards_completed")
        context.reply(integer: 0)
        context.reply(bulk: "results")
        context.reply(integer: execution.isOver ? execution.results.count : -1)
        context.reply(bulk: "errors")
        context.reply(arrayOf: execution.errors.count)
        for error in execution.errors { context.reply(bulk: error) }
        context.reply(bulk: "total_duration")
        context.reply(integer: execution.milliseconds)
        // Nobody tells reading from the rest.
        context.reply(bulk: "read_duration")
        context.reply(integer: 0)
        context.reply(bulk: "steps")
        context.reply(arrayOf: execution.steps.count)
        for step in execution.steps.reversed() { report(step, in: context) }
    }

    private func report(_ step: FlowStep, in context: borrowing RedisContext) {
        context.reply(arrayOf: 8)
        context.reply(bulk: "type")
        context.reply(bulk: Array(step.type.utf8))
        context.reply(bulk: "duration")
        context.reply(integer: 0)
        context.reply(bulk: "name")
        context.reply(bulk: step.argument)
        context.reply(bulk: "arg")
        context.reply(bulk: "")
    }
}
