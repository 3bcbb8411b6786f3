import Redis

/// `RG.UNREGISTER id [ABORTPENDING]`
struct Unregister: Command {
    let id: Argument
    let abortsPending: Bool

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard (1...2).contains(words.remaining), let id = words.next() else { throw .arity("RG.UNREGISTER") }
        self.id = id
        // The original takes any word for this one.
        abortsPending = words.next()?.matches("ABORTPENDING") ?? false
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        guard let registration = service.sessions.registrations[id.bytes] else { throw .notRegistered }
        if abortsPending {
            for execution in service.executions.open.values where execution.registration === registration {
                service.abort(execution)
            }
        }
        let session = registration.session
        let wasKept = session.record != nil
        service.destroyGroups(of: registration)
        service.remove(registration)
        if session.record != nil {
            try service.propagate(session)
        } else if wasKept {
            service.propagateEnd(of: session)
        }
        service.endIfUnused(session)
        context.replyOK()
    }
}
