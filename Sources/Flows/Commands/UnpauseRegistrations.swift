import Redis

/// `RG.UNPAUSEREGISTRATIONS id ...`: all of them or none.
struct UnpauseRegistrations: Command {
    private let ids: [Argument]

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 0 else { throw .arity("RG.UNPAUSEREGISTRATIONS") }
        ids = Array(words.next(atMost: words.remaining))
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        for registration in try service.streamRegistrations(ids, orElse: { .readerCannotGoOn($0) }) {
            registration.streams.status = .ok
            service.watch(registration)
        }
        context.replyOK()
    }
}
