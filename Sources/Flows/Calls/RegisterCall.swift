import Messages

/// `register` and `run` of a builder.
extension FlowService {
    /// Answers the registration's number and ID.
    func register(_ call: FlowCall) throws(FlowError) {
        let description = try call.argument(0)
        let registration: FlowRegistration
        if case .restoring = call.session.state, call.execution == nil {
            registration = try savedRegistration(of: call.session, try FlowReader(description))
        } else {
            registration = try newRegistration(call, description)
        }
        let number = nextNumber()
        sessions.know(registration, number)
        try answer(call.number) { writer in
            writer.tuple(2)
            writer.integer(number)
            writer.bytes(registration.id)
        }
    }

    /// The one that the script has made before at this point.
    private func savedRegistration(
        of session: FlowSession, _ reader: FlowReader
    ) throws(FlowError) -> FlowRegistration {
        let saved = session.registrations.filter(\.isOfScript)
        guard saved.indices.contains(session.restoredCount),
            saved[session.restoredCount].reader == reader
        else { throw .differsFromSaved }
        session.restoredCount += 1
        return saved[session.restoredCount - 1]
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
        var isOfScript = false
        if case .building(let request) = session.state {
            replaced = request.replaced
            isOfScript = true
        }
        let registration = try FlowRegistration(
            id: ids.next(), session: session, description, isOfScript: isOfScript)
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
            number: nextNumber(), id: ids.next(), session: session, registration: nil,
            steps: FlowStep.list(try call.argument(0)["steps"]), owner: isOfScript ? .script : .nobody)
        execution.status = .running
        executions.add(execution)
        if isOfScript { session.run = execution }
        try answer(call.number) { $0.integer(execution.number) }
    }
}
