import Redis

/// Consumer groups of registrations that follow the same streams.
extension FlowService {
    /// The registrations that follow a stream.
    func followers(of key: [UInt8], database: Int32) -> [(FlowRegistration, StreamSettings)] {
        sessions.watchers.compactMap { registration in
            guard case .stream(let settings) = registration.reader, settings.prefix.includes(key),
                registration.session.script.database == database
            else { return nil }
            return (registration, settings)
        }
    }

    /// A stream may be another one than before: how far anybody was in it says nothing.
    func forgetProgress(in key: [UInt8], database: Int32) {
        for (registration, _) in followers(of: key, database: database) {
            registration.streams.consumers[key]?.forgetProgress()
        }
    }

    /// Removes the entries of a stream that all who follow it have done with, if one of them has it trimmed.
    /// - Parameter last: the registration that has just done with some.
    func trim(_ key: [UInt8], for last: FlowRegistration) throws(FlowError) {
        let followers = followers(of: key, database: last.session.script.database)
        let trimming = followers.filter { $0.1.trims }.map(\.0)
        guard let first = trimming.first else { return }
        var end: StreamID?
        for (registration, _) in followers {
            let consumer = registration.streams.consumers[key]
            // Nothing waits for whoever may not read.
            if consumer?.isRefused == true { continue }
            guard let done = consumer?.doneUpTo else { return }
            end = min(end ?? done, done)
        }
        guard let end else { return }
        if trimming.contains(where: { $0 === last }) {
            try StreamGroup(key, last).trim(upTo: end)
        } else {
            // Who is refused hears of it once it has done with entries itself.
            try? StreamGroup(key, first).trim(upTo: end)
        }
    }

    // MARK: The end of a registration

    /// What a session registers goes on in streams where the one before it was, if it has the same prefix.
    /// - Returns: registrations that have no successor.
    func passOnGroups(from replaced: FlowSession, to session: FlowSession) -> [FlowRegistration] {
        var left = replaced.registrations.filter { $0.streamPrefix != nil }
        guard replaced.script.database == session.script.database else { return left }
        for registration in session.registrations {
            guard let prefix = registration.streamPrefix,
                let index = left.firstIndex(where: { $0.streamPrefix == prefix })
            else { continue }
            registration.groupMark = left.remove(at: index).groupMark
        }
        return left
    }

    /// A registration has ended for good: at the end of the turn its groups are removed, in nobody's name,
    /// since its user may be gone.
    func destroyGroups(of registration: FlowRegistration) {
        guard let prefix = registration.streamPrefix else { return }
        let name = StreamGroup.name(of: registration)
        let session = registration.session
        ServerTurn.atEnd {
            self.destroyGroups(name, of: session, in: prefix, from: Array("0".utf8))
        }
    }

    private func destroyGroups(
        _ name: [UInt8], of session: FlowSession, in prefix: KeyPrefix, from cursor: [UInt8]
    ) {
        guard ServerRole.isMaster else { return }
        do throws(FlowError) {
            let reply = try session.callAsModule("SCAN", StreamGroup.scanWords(cursor, prefix))
            guard case .list(let parts) = reply, parts.count == 2, case .bytes(let next) = parts[0],
                case .list(let keys) = parts[1]
            else { return }
            for case .bytes(let key) in keys {
                _ = try session.callAsModule("XGROUP", [Array("DESTROY".utf8), key, name])
            }
            guard next != Array("0".utf8) else { return }
            ServerTurn.next { self.destroyGroups(name, of: session, in: prefix, from: next) }
        } catch {
            guard case .serverCall(.obstacle(.paused)) = error else { return }
            ServerTimer.after(milliseconds: Self.pauseMilliseconds) {
                self.destroyGroups(name, of: session, in: prefix, from: cursor)
            }
        }
    }

    private static var pauseMilliseconds: Int { 1000 }
}

extension FlowRegistration {
    /// Of the streams that it follows; nil if it follows none.
    fileprivate var streamPrefix: KeyPrefix? {
        if case .stream(let settings) = reader { settings.prefix } else { nil }
    }
}

extension FlowSession {
    /// Has the server execute a command in nobody's name, in the session's database: for what is the
    /// module's own.
    func callAsModule(_ command: String, _ arguments: [[UInt8]]) throws(FlowError) -> ServerReply {
        let access = DetachedContext.with { ServerAccess($0, database: script.database, user: nil) }
        do throws(ServerCallFailure) {
            return try access?.call(Array(command.utf8), arguments) ?? .null
        } catch {
            throw .serverCall(error)
        }
    }
}
