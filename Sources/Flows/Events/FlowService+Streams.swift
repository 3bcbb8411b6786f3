import Redis

/// Streams that flows follow.
extension FlowService {
    /// The one that takes a stream's entries for a registration.
    func consumer(
        of key: [UInt8], _ registration: FlowRegistration, _ settings: StreamSettings
    ) -> StreamConsumer {
        if let consumer = registration.streams.consumers[key] { return consumer }
        let consumer = StreamConsumer(key, registration, settings, self)
        registration.streams.add(consumer, for: key)
        return consumer
    }

    /// Keys are gone without events.
    func flushed() {
        for registration in sessions.watchers {
            for key in registration.streams.consumers.keys { events.endings.append((registration, key)) }
        }
        if !events.endings.isEmpty { lookAtEvents() }
    }

    /// Looks for streams that a registration follows, a part of the keyspace in each turn.
    func findStreams(of registration: FlowRegistration, _ settings: StreamSettings) {
        for consumer in registration.streams.consumers.values { consumer.startAgain() }
        guard ServerRole.isMaster else { return }
        findStreams(of: registration, settings, from: Array("0".utf8))
    }

    private func findStreams(
        of registration: FlowRegistration, _ settings: StreamSettings, from cursor: [UInt8]
    ) {
        guard sessions.registrations[registration.id] === registration else { return }
        let arguments = StreamGroup.scanWords(cursor, settings.prefix)
        let reply: ServerReply
        do throws(FlowError) { reply = try registration.session.call(Array("SCAN".utf8), arguments) } catch {
            return registration.statistics.fail(error)
        }
        guard case .list(let parts) = reply, parts.count == 2, case .bytes(let next) = parts[0],
            case .list(let keys) = parts[1]
        else { return }
        for case .bytes(let key) in keys { consumer(of: key, registration, settings).look() }
        guard next != Array("0".utf8) else { return }
        ServerTurn.next { self.findStreams(of: registration, settings, from: next) }
    }
}
