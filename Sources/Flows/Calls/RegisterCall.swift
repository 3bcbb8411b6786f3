import Messages

/// `register` and `run` of a builder.
extension FlowService {
    /// Answers the registration's number and ID.
    func register(_ call: FlowCall) throws(FlowError) {
        let description = try call.argument(0)
        guard case .restoring = call.session.state, call.execution == nil else {
            return try answer(call, try newRegistration(call, description))
        }
        if let saved = try savedRegistration(of: call.session, try FlowReader(description)) {
            try answer(call, saved)
        } else {
            // It was removed since: the script gets a number that nothing ever happens to.
            try answer(call.number) { $0.registration(nextNumber(), ids.none) }
        }
    }

    private func answer(_ call: FlowCall, _ registration: FlowRegistration) throws(FlowError) {
        let number = nextNumber()
        sessions.know(registration, number)
        try answer(call.number) { $0.registration(number, registration.id) }
    }

    /// The one that the script has made before at this point; nil if it has been removed since.
    private func savedRegistration(
        of session: FlowSession, _ reader: FlowReader
    ) throws(FlowError) -> FlowRegistration? {
        let place = session.restoredCount
        session.restoredCount += 1
        guard let saved = session.registrations.first(where: { $0.place == place }) else { return nil }
        guard saved.reader == reader else { throw .differsFromSaved }
        return saved
    }

    private func newRegistration(
        _ call: FlowCall, _ description: MessageValue
    ) throws(FlowError) -> FlowRegistration {
        let session = call.session
        let count =
            sessions.registrations.count
            + sessions.built.values.reduce(0) {
                $0 + $1.registrations.count
            }
        guard count < FlowSessions.registrationLimit else {
            throw .tooManyRegistrations(limit: FlowSessions.registrationLimit)
        }
        var replaced: FlowSession?
        var place: Int?
        if case .building(let request) = session.state {
            replaced = request.replaced
            place = session.registrations.count
        } else if !sessions.isLinked(session) {
            // Code of a session that is gone may still run; nothing would hold what it registers.
            throw .askerGone
        }
        let id = ids.next()
        let registration = try FlowRegistration(
            id: id.bytes, order: id.count, session: session, description, place: place,
            groupMark: ids.groupMark())
        try checkHook(registration.reader, registration.mode, of: session, replaced: replaced)
        if let name = registration.reader.trigger {
            try sessions.reserve(name, for: session, replaced: replaced)
        }
        session.add(registration)
        return registration
    }

    /// Answers the number of an execution that Python has started itself.
    func run(_ call: FlowCall) throws(FlowError) {
        let session = call.session
        var isOfScript = false
        if case .building = session.state, call.execution == nil { isOfScript = true }
        guard !isOfScript || session.run == nil else { throw .secondRun }
        guard executions.open.count < FlowExecutions.openLimit else {
            throw .tooManyExecutions(limit: FlowExecutions.openLimit)
        }
        let execution = FlowExecution(
            id: ids.next(), session: session, registration: nil,
            steps: FlowStep.list(try call.argument(0)["steps"]), owner: isOfScript ? .script : .nobody)
        execution.status = .running
        executions.add(execution)
        if isOfScript { session.run = execution }
        try answer(call.number) { $0.integer(execution.number) }
    }
}

extension MessageWriter {
    /// A registration's number and ID.
    fileprivate mutating func registration(_ number: Int, _ id: [UInt8]) {
        tuple(2)
        integer(number)
        bytes(id)
    }
}
