import Redis

/// `RG.DUMPREGISTRATIONS`
struct DumpRegistrations: Command {
    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 0 else { throw .arity("RG.DUMPREGISTRATIONS") }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let all = FlowService.current.sessions.registrationsInOrder
        context.reply(arrayOf: all.count)
        for registration in all {
            context.reply(arrayOf: 12)
            RegistrationReport(registration).send(in: context)
            context.reply(bulk: "PD")
            context.reply(bulk: Array("{'sessionName':'\(registration.session.name)'}".utf8))
            context.reply(bulk: "ExecutionThreadPool")
            context.reply(bulk: "DefaultPool")
        }
    }
}
