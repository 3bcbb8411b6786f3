import Redis

/// Events of keys, which start flows of KeysReader and StreamReader.
extension FlowService {
    /// What a session has registered sees events from now on.
    func watch(_ session: FlowSession) {
        for registration in session.registrations { watch(registration) }
    }

    /// Streams are looked at from the beginning: what they have starts flows, too.
    func watch(_ registration: FlowRegistration) {
        guard registration.reader.seesKeys else { return }
        if !events.isSubscribed {
            events.isSubscribed =
                DetachedContext.with { context in
                    KeyEvents.subscribe(
                        context, to: { [unowned self] in sessions.watchers.compactMap(\.reader.interest) },
                        { [unowned self] in happened($0, $1, $2) })
                } ?? false
            if !events.isSubscribed { Log.warning("flows: the server tells of no events of keys") }
        }
        if case .stream(let settings) = registration.reader { findStreams(of: registration, settings) }
    }

    /// The server is a master now, or a replica: a master goes on where the one before it was.
    func watchAll() {
        for registration in sessions.watchers {
            registration.streams.stop()
            watch(registration)
        }
    }

    /// Within a command, or whatever else has caused it. Most of what nobody watches does not come here.
    private func happened(_ context: borrowing RedisContext, _ event: String, _ key: Argument) {
        guard !events.isReading, !sessions.watchers.isEmpty else { return }
        // A replica does what its master has done already.
        guard context.flags.isDisjoint(with: [.loading, .replica]) else { return }
        let name = key.bytes
        let lowerEvent = event.lowercased()
        for registration in sessions.watchers
        where registration.session.script.database == context.database {
            switch registration.reader {
            case .keys(let filter):
                if let commands = filter.commands {
                    guard let held = sessions.hooks.current, commands.contains(held.command) else { continue }
                }
                guard filter.includes(lowerEvent, name), holds(filter.types, at: key, in: context) else {
                    continue
                }
                note(registration, name, event)
            case .stream(let settings):
                if event == "xadd" {
                    guard settings.prefix.includes(name) else { continue }
                    events.streams.append((registration, name))
                } else {
                    guard PendingEvents.endingNames.contains(event),
                        registration.streams.consumers[name] != nil
                    else { continue }
                    events.endings.append((registration, name))
                }
            case .command, .hook: continue
            }
            lookAtEvents()
        }
    }

    private func holds(_ types: [String]?, at key: Argument, in context: borrowing RedisContext) -> Bool {
        guard let types else { return true }
        guard let type = context.inspect(key).typeName else { return false }
        return types.contains("\(type)")
    }

    private func note(_ registration: FlowRegistration, _ key: [UInt8], _ event: String) {
        guard events.keys.count + executions.open.count < FlowExecutions.openLimit else {
            return registration.statistics.fail(.tooManyExecutions(limit: FlowExecutions.openLimit))
        }
        let event = PendingEvents.KeyEvent(registration: registration, key: key, name: event)
        if case .keys(let filter) = registration.reader, filter.commands != nil {
            sessions.hooks.current?.events.append(event)
        } else {
            events.keys.append(event)
        }
    }

    func lookAtEvents() {
        guard !events.isLookDue else { return }
        events.isLookDue = true
        ServerTurn.atEnd { self.beginForEvents() }
    }

    /// At the end of the turn: what commands have done is read, and flows begin.
    private func beginForEvents() {
        events.isLookDue = false
        let (keys, streams, endings) = (events.keys, events.streams, events.endings)
        (events.keys, events.streams, events.endings) = ([], [], [])
        for event in keys { begin(for: event) }
        for (registration, key) in streams {
            guard case .stream(let settings) = registration.reader, isPublished(registration) else {
                continue
            }
            consumer(of: key, registration, settings).look()
        }
        for (registration, key) in endings { registration.streams.consumers[key]?.endWithStream() }
    }

    private func isPublished(_ registration: FlowRegistration) -> Bool {
        sessions.registrations[registration.id] === registration
    }

    private func begin(for event: PendingEvents.KeyEvent) {
        let registration = event.registration
        do throws(FlowError) {
            guard let record = try record(of: event) else { return }
            try checkCanBegin(registration, .key(record))
            if registration.mode == .sync {
                // The client that has caused it has no answer yet: that goes at the end of the turn.
                try runHolding(registration, .key(record), owner: .kept, mayBlock: true)
            } else {
                begin(registration, .key(record), owner: .kept)
            }
        } catch {
            registration.statistics.fail(error)
        }
    }

    /// What its flow begins with; nil if that has been removed since.
    func record(of event: PendingEvents.KeyEvent) throws(FlowError) -> KeyRecord? {
        guard isPublished(event.registration), case .keys(let filter) = event.registration.reader else {
            return nil
        }
        events.isReading = true
        defer { events.isReading = false }
        return try KeyRecord(
            event.key, event: Array(event.name.utf8), readsValue: filter.readsValue,
            in: event.registration.session)
    }
}
