import Redis

/// `RG.PYDUMPSESSIONS [VERBOSE] [DEAD] [SESSIONS id ...]`
struct PyDumpSessions: Command {
    private var isVerbose = false
    private var wantsDead = false
    private var ids: [Argument]?

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        while let word = words.next() {
            if word.matches("VERBOSE") {
                isVerbose = true
            } else if word.matches("DEAD") {
                wantsDead = true
            } else if word.matches("SESSIONS") {
                ids = Array(words.next(atMost: words.remaining))
            } else {
                throw .unknownOption(word.text)
            }
        }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let sessions = FlowService.current.sessions
        guard let ids else {
            let all = wantsDead ? dead : sessions.inOrder
            context.reply(arrayOf: all.count)
            for session in all { report(session, in: context) }
            return
        }
        context.reply(arrayOf: ids.count)
        for id in ids {
            if let session = sessions.byID[id.bytes] {
                report(session, in: context)
            } else {
                context.reply(bulk: Array("Session \(id.text) does not exists".utf8))
            }
        }
    }

    /// Sessions that are gone, but not all that they have started.
    private var dead: [FlowSession] {
        let service = FlowService.current
        var found: [FlowSession] = []
        for execution in service.executions.open.values.sorted(by: { $0.number < $1.number }) {
            let session = execution.session
            guard session.isMade, !service.sessions.isLinked(session),
                !found.contains(where: { $0 === session })
            else { continue }
            found.append(session)
        }
        return found
    }

    private func report(_ session: FlowSession, in context: borrowing RedisContext) {
        let isLinked = FlowService.current.sessions.isLinked(session)
        context.reply(arrayOf: 16)
        context.reply(bulk: "ID")
        context.reply(bulk: session.id)
        context.reply(bulk: "sessionDescription")
        context.reply(optional: session.script.description)
        context.reply(bulk: "refCount")
        context.reply(integer: session.registrations.count + session.openCount + (isLinked ? 1 : 0))
        context.reply(bulk: "linked")
        context.reply(bulk: isLinked ? "primary" : "None")
        context.reply(bulk: "dead")
        context.reply(bulk: isLinked ? "false" : "true")
        context.reply(bulk: "requirementInstallationNeeded")
        context.reply(integer: session.packages.areAwaited ? 1 : 0)
        context.reply(bulk: "requirements")
        context.reply(arrayOf: session.script.requirements.count)
        for requirement in session.script.requirements { context.reply(bulk: requirement) }
        context.reply(bulk: "registrations")
        context.reply(arrayOf: session.registrations.count)
        for registration in session.registrations { report(registration, in: context) }
    }

    private func report(_ registration: FlowRegistration, in context: borrowing RedisContext) {
        guard isVerbose else { return context.reply(bulk: registration.id) }
        context.reply(arrayOf: 10)
        RegistrationReport(registration).send(in: context)
        context.reply(bulk: "ExecutionThreadPool")
        context.reply(bulk: "DefaultPool")
    }
}
