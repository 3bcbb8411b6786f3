import Messages
import Redis

/// Executions: their beginning, what they bring, and their end.
extension FlowService {
    /// Starts what is registered under a trigger's name, with the client waiting.
    /// - Parameter words: the name first.
    func trigger(_ words: ArgumentSlice, in context: borrowing RedisContext) throws(FlowError) {
        guard let name = words.first, let registration = sessions.trigger(named: name) else {
            throw .triggerMissing
        }
        let mayBlock = context.flags.isDisjoint(with: .cannotWait)
        let words = FlowPayload.words(words.map(\.bytes))
        if registration.mode == .sync {
            try checkCanBegin(registration)
            return try triggerHolding(registration, words, mayBlock: mayBlock, in: context)
        }
        guard mayBlock else { throw .triggerCannotBlock }
        try checkCanBegin(registration, words)
        begin(registration, words, owner: .client(FlowClient(context)))
    }

    /// The client gets its answer at once, or waits for what goes on without the server's thread.
    private func triggerHolding(
        _ registration: FlowRegistration, _ words: FlowPayload, mayBlock: Bool,
        in context: borrowing RedisContext
    ) throws(FlowError) {
        let execution = try runHolding(registration, words, owner: .holder, mayBlock: mayBlock)
        if execution.isOver {
            triggerAnswer(execution).send(in: context)
        } else {
            execution.owner = .client(FlowClient(context))
        }
    }

    /// - Parameter payload: what it is to begin with, unless it never waits for Python.
    /// - Throws: why nothing of a registration can be started now.
    func checkCanBegin(
        _ registration: FlowRegistration, _ payload: FlowPayload = .none
    ) throws(FlowError) {
        if case .failed(let error) = registration.session.state { throw error }
        try checkAvailable()
        guard executions.open.count < FlowExecutions.openLimit else {
            throw .tooManyExecutions(limit: FlowExecutions.openLimit)
        }
        if !startsAtOnce(registration) { try executions.checkRoom(for: payload) }
    }

    /// Whether nothing of it waits for Python.
    private func startsAtOnce(_ registration: FlowRegistration) -> Bool {
        if case .live = registration.session.state { registration.waiting.isEmpty } else { false }
    }

    /// Starts an execution of a registration, or has it wait until Python knows that.
    /// - Parameter onEnd: called at its end.
    /// - Precondition: `checkCanBegin` has not thrown.
    func begin(
        _ registration: FlowRegistration, _ payload: FlowPayload, owner: FlowExecution.Owner,
        hook: HookCall? = nil, held: HeldCommand? = nil,
        onEnd: ((FlowExecution) -> Void)? = nil
    ) {
        let session = registration.session
        let execution = FlowExecution(
            id: ids.next(), session: session, registration: registration,
            steps: registration.parts.steps, owner: owner)
        execution.payload = payload
        (execution.hook, execution.held) = (hook, held)
        execution.onEnd = onEnd
        executions.add(execution)
        registration.statistics.begin()
        if startsAtOnce(registration) {
            start(execution)
        } else {
            executions.wait(CollectionOfOne(execution))
        }
    }

    /// Has Python begin an execution of a registration that it knows.
    func start(_ execution: FlowExecution, _ flags: StartFlags = [.mayBlock, .tellsResults]) {
        guard !execution.isOver else { return }
        guard let number = execution.registration?.number else {
            return finish(execution, because: .notRegisteredAgain)
        }
        var flags = flags
        if execution.hook != nil { flags.insert(.isHook) }
        if execution.held != nil { flags.insert(.holdsCommand) }
        let payload = execution.payload
        execution.payload = .none
        execution.status = .running
        do throws(FlowError) {
            try send(.start, execution.number, valueCount: 3) { writer in
                writer.integer(number)
                writer.integer(flags.rawValue)
                payload.write(to: &writer)
            }
            expectAnswer()
        } catch {
            finish(execution, because: error)
        }
    }

    /// Python may know a registration now: what waited for that begins, or ends.
    ///
    /// As much begins as the connection takes soon; then clients are looked at.
    func startWaiting(of registration: FlowRegistration) {
        switch registration.session.state {
        case .failed(let error): endWaiting(of: registration, because: error)
        case .building, .restoring: return
        case .live:
            let waiting = executions.takeWaiting(of: registration)
            var count = 0
            while count < waiting.count, connection.map({ $0.unsentByteCount < Self.portion }) ?? true {
                start(waiting[count])
                count += 1
            }
            guard count < waiting.count else { return }
            executions.wait(waiting[count...], first: true)
            flush()
            ServerTimer.after(milliseconds: 1) { [weak self] in self?.startWaiting(of: registration) }
        }
    }

    /// So many bytes are written before the next are looked for.
    private static var portion: Int { 4 << 20 }

    /// What waits for Python does so no longer.
    func endWaiting(of registration: FlowRegistration, because error: FlowError) {
        for execution in executions.takeWaiting(of: registration) { finish(execution, because: error) }
    }

    /// What a client names.
    func execution(_ id: Argument) throws(FlowError) -> FlowExecution {
        guard let execution = knownExecution(id) else { throw .executionMissing }
        return execution
    }

    /// The same; nil if there is none.
    func knownExecution(_ id: Argument) -> FlowExecution? {
        ids.id(id.bytes).flatMap { executions.execution(numbered: $0.executionNumber) }
    }

    // MARK: What comes out

    func addResults(_ number: Int, _ piece: [MessageValue]) {
        guard let execution = executions.open[number] else { return }
        do throws(FlowError) { try execution.add(piece) } catch {
            tell(.abort, number)
            finish(execution, because: error)
        }
    }

    /// Some thousand years.
    private static let mostMilliseconds = 1 << 47

    /// - Parameter rest: status, milliseconds, results, errors.
    func done(_ number: Int, _ rest: ArraySlice<MessageValue>) throws(FlowError) {
        let start = rest.startIndex
        guard rest.count == 4, let status = FlowExecution.Status(end: rest[start]),
            let milliseconds = rest[start + 1].asInt, (0...Self.mostMilliseconds).contains(milliseconds),
            let results = rest[start + 2].asList, let errors = rest[start + 3].asList
        else { throw .invalidCall }
        var texts: [[UInt8]] = []
        for error in errors {
            guard let text = error.asBytes else { throw .invalidCall }
            texts.append(Array(text))
        }
        holding.ended(number)
        // Else it has been answered already.
        guard let execution = executions.open[number] else { return }
        do throws(FlowError) { try execution.add(results) } catch {
            return finish(execution, because: error)
        }
        execution.end(status, errors: texts, milliseconds: milliseconds)
        finish(execution)
    }

    /// Ends an execution that Python has not, or not well.
    func finish(_ execution: FlowExecution, because error: FlowError) {
        guard !execution.isOver else { return }
        // If it has not begun.
        execution.payload = .none
        execution.end(.aborted, errors: [Array(error.text.utf8)], milliseconds: 0)
        finish(execution)
    }

    private func finish(_ execution: FlowExecution) {
        execution.registration?.statistics.end(
            execution.status, firstError: execution.errors.first, milliseconds: execution.milliseconds)
        tellEnd(of: execution)
        executions.end(execution)
        execution.onEnd?(execution)
        execution.onEnd = nil
        endIfUnused(execution.session)
        settleIfIdle()
    }

    private func tellEnd(of execution: FlowExecution) {
        let outcome = FlowAnswer.outcome(execution.results, errors: execution.errors)
        if case .client(let client) = execution.owner {
            client.answer(execution.registration == nil ? outcome : triggerAnswer(execution))
        }
        for waiter in execution.waiters { waiter.answer(outcome) }
        execution.waiters = []
    }

    /// A trigger's client gets the records, or the first error.
    private func triggerAnswer(_ execution: FlowExecution) -> FlowAnswer {
        if execution.hook != nil { return FlowAnswer(hook: execution) }
        guard let error = execution.errors.first else { return .records(execution.results) }
        return .failed(.flow(String(decoding: error, as: UTF8.self)))
    }

    /// Says who gets what an execution of a script brings; it may have ended.
    func give(_ execution: FlowExecution, to owner: FlowExecution.Owner) {
        execution.owner = owner
        // Neither keeps the other in memory from now on.
        execution.session.run = nil
        guard execution.isOver else { return }
        tellEnd(of: execution)
        executions.settle(execution)
    }

    /// Has Python end an execution, which tells when it has.
    func abort(_ execution: FlowExecution) {
        guard !execution.isOver else { return }
        if let registration = execution.registration,
            !executions.takeWaiting(of: registration, where: { $0 === execution }).isEmpty
        {
            return finish(execution, because: .aborted)
        }
        tell(.abort, execution.number)
    }

    // MARK: The end of the process

    /// The process is gone: everything that it was to bring has ended.
    func endAll() {
        let open = executions.open.values.sorted { $0.number < $1.number }
        for execution in open where execution.status == .running {
            finish(execution, because: .process(.ended))
        }
        for session in sessions.built.values {
            if case .building(let request) = session.state {
                request.client.answer(.failed(.process(.ended)))
            }
            // What it has started has ended, and nobody will ask for it.
            if let run = session.run { give(run, to: .nobody) }
            endPackages(of: session)
        }
        for session in sessions.byID.values {
            for registration in session.registrations where !registration.isOfScript {
                // Nobody could make it again.
                destroyGroups(of: registration)
                remove(registration)
            }
        }
        endRestoring()
        sessions.forgetNumbers()
        for session in sessions.byID.values {
            if case .live = session.state { session.state = .restoring }
        }
    }

    /// Nobody waits for a process any more.
    func endWaiting(_ error: FlowError) {
        for session in sessions.byID.values {
            for registration in session.registrations { endWaiting(of: registration, because: error) }
        }
        for session in sessions.built.values {
            guard case .building(let request) = session.state else { continue }
            dismiss(session)
            request.client.answer(.failed(error))
        }
    }

    /// A registration sees no more events; its executions may end.
    func remove(_ registration: FlowRegistration) {
        if let number = registration.number { tell(.forget, number) }
        endWaiting(of: registration, because: .notRegistered)
        registration.streams.stop()
        sessions.forget(registration)
        registration.session.remove(registration)
    }
}
