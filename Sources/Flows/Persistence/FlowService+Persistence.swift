import Messages
import Redis

/// What outlives the process: sessions in RDB files, in the AOF, and on replicas.
extension FlowService {
    /// Has the server save and load sessions; in OnLoad only. Also without flows, so that files can be read.
    ///
    /// - Parameter service: nil if there are no flows.
    /// - Returns: false if the server refuses.
    public static func installPersistence(
        of service: FlowService?, in context: borrowing RedisContext
    ) -> Bool {
        let methods = AuxiliaryData.Methods(
            load: { reader, version throws(RDBError) in
                guard version == encodingVersion else { throw .newerEncoding(version) }
                for _ in 0..<(try reader.count()) {
                    let record: SessionRecord
                    let bytes = try reader.bytes()
                    do throws(FlowError) { record = try SessionRecord(decoding: bytes) } catch {
                        // The server would not start without the file, and all other data are in it.
                        Log.warning("flows: a session is left out, since what was kept of it makes no sense")
                        continue
                    }
                    take(record, service)
                }
            },
            save: { writer in
                let records = service?.records ?? []
                writer.write(count: records.count)
                for record in records { writer.write(record) }
            },
            isNeeded: { service?.records.isEmpty == false })
        let isRegistered = AuxiliaryData.register(
            "AI__FLOWS", encodingVersion: encodingVersion, methods, isSaved: service != nil, in: context)
        guard isRegistered, SessionCommandTable.register(in: context) else { return false }
        guard let service else { return true }
        return Loading.install(context) { [unowned service] in service.loading($0) }
            && ServerFork.install(context) { [unowned service] in service.forked() }
            && ServerRole.install(context) { [unowned service] in service.watchAll() }
            && KeyEvents.installFlush(context) { [unowned service] in service.flushed() }
            && installTracking(of: service, in: context)
    }

    private static let encodingVersion = 1

    /// A session from a file or a master.
    static func take(_ record: SessionRecord, _ service: FlowService?) {
        guard let service else {
            return Log.warning(
                "session \(record.name) of flows is left out, since FLOWS is off"
            )
        }
        service.take(record)
    }

    // MARK: Saving

    /// Of each session that is to be kept, its record. Also in a forked child.
    private var records: [[UInt8]] {
        sessions.inOrder.compactMap { session in
            guard let record = session.record else { return nil }
            // One that is too long could not be made.
            return try? record.encoded()
        }
    }

    /// Tells replicas and the AOF of a session as it is now.
    /// - Parameter replaced: the session that it takes the place of.
    func propagate(_ session: FlowSession, replacing replaced: FlowSession? = nil) throws(FlowError) {
        if let record = session.record {
            let bytes = try record.encoded()
            var words = [bytes]
            if let replaced, replaced.id != session.id { words.append(replaced.id) }
            SessionCommandTable.propagate(SessionCommandTable.put, words)
        } else if let replaced {
            propagateEnd(of: replaced)
        }
    }

    /// Tells replicas and the AOF that a session is gone.
    func propagateEnd(of session: FlowSession) {
        SessionCommandTable.propagate(SessionCommandTable.drop, [session.id])
    }

    /// A file that is being rewritten as commands has none for sessions: they follow it.
    private func forked() {
        guard !sessions.byID.isEmpty else { return }
        // The file that takes what comes from now on is open by the end of this turn.
        ServerTurn.atEnd { self.propagateToRewrittenFile() }
    }

    private func propagateToRewrittenFile() {
        guard AppendOnlyFile.isRewrittenAsCommands else { return }
        for session in sessions.inOrder {
            do throws(FlowError) { try propagate(session) } catch {
                Log.warning("session \(session.name) of flows is not in the append-only file: \(error.text)")
            }
        }
    }

    // MARK: Loading

    private func loading(_ stage: Loading.Stage) {
        switch stage {
        case .begins: loaded = []
        case .fails: loaded = nil
        case .ends:
            // A replica that loads beside what it serves is told twice.
            guard let found = loaded else { return }
            loaded = nil
            replaceAll(by: found)
        }
    }

    /// A record from a file, the AOF or a master.
    func take(_ record: SessionRecord) {
        if loaded != nil {
            loaded?.removeAll { $0.id == record.id }
            loaded?.append(record)
        } else {
            apply(record)
        }
    }

    /// A file or a master says that a session is gone.
    func takeEnd(of id: [UInt8]) {
        if loaded != nil {
            loaded?.removeAll { $0.id == id }
        } else if let session = sessions.byID[id] {
            abortAll(of: session)
            dismiss(session)
        }
    }

    /// All data have been replaced, the sessions among them.
    private func replaceAll(by records: [SessionRecord]) {
        let kept = Set(records.map(\.id))
        for session in sessions.inOrder where !kept.contains(session.id) && session.record != nil {
            abortAll(of: session)
            dismiss(session)
        }
        for record in records { apply(record) }
    }

    private func apply(_ record: SessionRecord) {
        if let session = sessions.byID[record.id] {
            if session.record == record { return }
            if session.script == record.script, session.keep(record, forget: { remove($0) }) { return }
            abortAll(of: session)
            dismiss(session)
        }
        let session: FlowSession
        do throws(FlowError) { session = try FlowSession(record) } catch {
            return Log.warning("a session of flows is left out: \(error.text)")
        }
        for registration in session.registrations { ids.skip(to: registration.order) }
        sessions.add(session)
        guard isReady else { return }
        sessions.know(session, nextNumber())
        runScript(of: session)
    }
}

extension FlowSession {
    /// What is kept of it; nil if there is nothing: no event could ever start anything of it.
    var record: SessionRecord? {
        let saved = registrations.filter(\.isOfScript)
        guard isMade, !saved.isEmpty else { return nil }
        return SessionRecord(
            id: id, script: script,
            registrations: saved.map {
                SessionRecord.Registration(
                    id: $0.id, order: $0.order, place: $0.place ?? 0, description: $0.raw,
                    groupMark: $0.savedGroupMark)
            })
    }

    /// Whether a file with it can be read again: what is kept has the limits of a message.
    func checkRecord() throws(FlowError) {
        if let record { _ = try SessionRecord(decoding: record.encoded()) }
    }

    /// A session that is to be restored.
    convenience init(_ record: SessionRecord) throws(FlowError) {
        // A server that could not say who its user was has kept none (before 7.0.6): what was allowed to all
        // there is here what whoever does not log in may do.
        let user = record.script.user ?? Array("default".utf8)
        guard
            let access = DetachedContext.with({ context in
                ServerAccess(context, database: record.script.database, user: user)
            })
        else { throw .keeping(.invalid) }
        self.init(id: record.id, script: record.script, access: access, state: .restoring)
        for registration in record.registrations {
            add(
                try FlowRegistration(
                    id: registration.id, order: registration.order, session: self, registration.description,
                    place: registration.place, groupMark: registration.groupMark))
        }
    }

    /// Has only the registrations that a record has.
    /// - Returns: false if the record has others.
    fileprivate func keep(_ record: SessionRecord, forget: (FlowRegistration) -> Void) -> Bool {
        let kept = Set(record.registrations.map(\.id))
        let saved = registrations.filter(\.isOfScript)
        guard kept.isSubset(of: saved.map(\.id)) else { return false }
        for registration in saved where !kept.contains(registration.id) { forget(registration) }
        return true
    }
}
