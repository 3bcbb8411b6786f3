import Messages
import Redis

/// Scripts: from RG.PYEXECUTE to what they have registered.
extension FlowService {
    /// Has Python run a script, with the client waiting.
    func build(_ command: PyExecute, in context: borrowing RedisContext) throws(FlowError) {
        let plan = try SessionPlan(
            id: command.id, isUpgrade: command.isUpgrade, replaced: command.replaced,
            exists: { sessions.byID[$0] != nil })
        for id in [command.id, command.replaced].compactMap({ $0 }) where sessions.isBeingBuilt(id) {
            throw .sessionBeingBuilt(String(decoding: id, as: UTF8.self))
        }
        guard sessions.count < FlowSessions.sessionLimit else {
            throw .tooManySessions(limit: FlowSessions.sessionLimit)
        }
        guard command.source.byteCount <= Self.longestScript else {
            throw .scriptTooLong(limit: Self.longestScript)
        }
        try checkAvailable()
        try checkRequirements(command.requirements)
        let script = FlowScript(
            source: command.source.bytes, description: command.description,
            requirements: command.requirements, user: context.clientUser, database: context.database)
        let replaced: FlowSession? = if case .replace(let id) = plan { sessions.byID[id] } else { nil }
        let request = ScriptRequest(
            FlowClient(context), isUnblocking: command.isUnblocking, replaced: replaced)
        let session = FlowSession(
            id: command.id ?? ids.sessionID(), script: script,
            access: ServerAccess(context, database: script.database, user: script.user),
            state: .building(request))
        sessions.begin(session, number: nextNumber())
        if isReady { runScript(of: session) }
    }

    /// Has Python run the script of a session that has a number.
    func runScript(of session: FlowSession) {
        guard let number = session.number, hasPackages(session) else { return }
        let isRestored = session.isMade
        let script = session.script
        do throws(FlowError) {
            let folder = session.packages.folder
            try send(.script, number, valueCount: 1) { writer in
                writer.beginDictionary()
                writer.text("id")
                writer.bytes(session.id)
                writer.text("source")
                writer.bytes(script.source)
                writer.text("restore")
                writer.bool(isRestored)
                writer.text("requirements")
                writer.list(script.requirements.count)
                for requirement in script.requirements { writer.bytes(requirement) }
                if let folder {
                    writer.text("folder")
                    writer.bytes(Array(folder.utf8))
                }
                writer.endDictionary()
            }
            sessions.running.insert(number)
            expectAnswer()
        } catch {
            end(session, because: error)
        }
    }

    /// A client wants a script to end that runs, or is to run again.
    ///
    /// It counts as failed at once. Python ends it when a call into C returns.
    func abortScript(of session: FlowSession) {
        if let number = session.number, sessions.running.contains(number) {
            session.isAborted = true
            tell(.abort, number)
        }
        end(session, because: .aborted)
    }

    /// A script has ended.
    func scripted(_ number: Int, _ value: MessageValue?) throws(FlowError) {
        guard let value, value.isNone || value.asBytes != nil else { throw .invalidCall }
        holding.expired.remove(number)
        sessions.running.remove(number)
        defer { settleIfIdle() }
        // Else it has been given up.
        guard let session = sessions.session(numbered: number), !session.isAborted else { return }
        let text = value.asBytes.map { String(decoding: $0, as: UTF8.self) }
        switch session.state {
        case .building(let request):
            if let text {
                end(session, because: .script(text))
            } else {
                commit(session, request)
            }
        case .restoring: restored(session, failure: text.map { .script($0) })
        case .live, .failed: throw .invalidCall
        }
    }

    /// Nothing of the script counts.
    func end(_ session: FlowSession, because error: FlowError) {
        if let run = session.run {
            abort(run)
            give(run, to: .nobody)
        }
        switch session.state {
        case .building(let request):
            session.state = .failed(error)
            dismiss(session)
            request.client.answer(.failed(error))
        case .live, .restoring, .failed: restored(session, failure: error)
        }
    }

    /// In bytes.
    private static var longestScript: Int { 16 << 20 }

    /// Replicas and the append-only file learn of it before the client does.
    private func commit(_ session: FlowSession, _ request: ScriptRequest) {
        let replaced = request.replaced.flatMap { sessions.byID[$0.id] === $0 ? $0 : nil }
        session.state = .live
        let left = replaced.map { passOnGroups(from: $0, to: session) } ?? []
        do throws(FlowError) {
            try session.checkRecord()
            if session.record != nil || replaced?.record != nil { try checkWritable() }
            try propagate(session, replacing: replaced)
        } catch {
            session.state = .building(request)
            return end(session, because: error)
        }
        if let replaced {
            abortAll(of: replaced)
            for registration in left { destroyGroups(of: registration) }
            dismiss(replaced)
        }
        sessions.add(session)
        watch(session)
        answer(request, of: session)
        endIfUnused(session)
    }

    private func answer(_ request: ScriptRequest, of session: FlowSession) {
        guard let run = session.run, session.registrations.isEmpty else {
            if let run = session.run { give(run, to: request.isUnblocking ? .kept : .nobody) }
            return request.client.answer(.ok)
        }
        if request.isUnblocking {
            give(run, to: .kept)
            request.client.answer(.id(run.id.bytes))
        } else {
            give(run, to: .client(request.client))
        }
    }

    /// - Throws: `.notWritten` if what is written now could not reach replicas, or must not come from here.
    func checkWritable() throws(FlowError) {
        if let obstacle = DetachedContext.writeObstacle { throw .keeping(.notWritten(obstacle)) }
    }

    /// Has Python end all that a session has under way.
    func abortAll(of session: FlowSession) {
        for execution in executions.open.values where execution.session === session { abort(execution) }
    }

    /// A session is gone: Python forgets it, too. What runs may end.
    func dismiss(_ session: FlowSession) {
        for registration in session.registrations {
            endWaiting(of: registration, because: .triggerMissing)
            registration.streams.stop()
        }
        if let number = session.number { tell(.drop, number) }
        endPackages(of: session)
        sessions.remove(session)
    }

    /// A session that has registered nothing lasts as long as what it has started.
    func endIfUnused(_ session: FlowSession) {
        guard sessions.isLinked(session), session.registrations.isEmpty, session.openCount == 0 else {
            return
        }
        dismiss(session)
    }

    /// A registration made by a flow, when its script had ended, sees events from now on.
    func arm(_ number: Int) {
        guard let registration = sessions.registration(numbered: number), !registration.isOfScript,
            sessions.isLinked(registration.session)
        else { return }
        sessions.publish(registration)
        watch(registration)
    }
}
