import Redis

/// `RG.PAUSEREGISTRATIONS [ABORTPENDING] id ...`: all of them or none.
struct PauseRegistrations: Command {
    private let ids: [Argument]
    private var abortsPending = false

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 0 else { throw .arity("RG.PAUSEREGISTRATIONS") }
        abortsPending = words.take("ABORTPENDING")
        guard words.remaining > 0 else { throw .noRegistrationToPause }
        ids = Array(words.next(atMost: words.remaining))
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        let registrations = try service.streamRegistrations(ids) { .readerCannotPause($0) }
        for registration in registrations {
            registration.streams.status = .paused
            guard abortsPending else { continue }
            for execution in service.executions.open.values where execution.registration === registration {
                service.abort(execution)
            }
        }
        context.replyOK()
    }
}

extension FlowService {
    /// Registrations of StreamReader, by their IDs.
    func streamRegistrations(
        _ ids: [Argument], orElse wrongReader: (StaticString) -> FlowError
    ) throws(FlowError) -> [FlowRegistration] {
        var found: [FlowRegistration] = []
        for id in ids {
            guard let registration = sessions.registrations[id.bytes] else {
                let shard = String(decoding: self.ids.nodeID, as: UTF8.self)
                throw .registrationMissing(id: id.text, shard: shard)
            }
            guard case .stream = registration.reader else { throw wrongReader(registration.reader.name) }
            found.append(registration)
        }
        return found
    }
}
