import Redis

/// `RG.CLEARREGISTRATIONSSTATS`
struct ClearRegistrationsStatistics: Command {
    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 0 else { throw .arity("RG.CLEARREGISTRATIONSSTATS") }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        for registration in FlowService.current.sessions.registrations.values {
            registration.statistics.clear()
        }
        context.replyOK()
    }
}
