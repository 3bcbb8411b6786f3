import Redis

/// The consumer group of a registration in one stream, so that it gets all entries, whoever else does.
///
/// Each call is a command in the name of the session's user, where nothing else is said.
struct StreamGroup {
    /// The group that all registrations of earlier versions had together.
    private static let shared = Array("__gears_consumer_group__".utf8)
    private static let consumer = Array("__gears_client__".utf8)

    private let key: [UInt8]
    private let name: [UInt8]
    private unowned let registration: FlowRegistration

    init(_ key: [UInt8], _ registration: FlowRegistration) {
        self.key = key
        self.registration = registration
        name = Self.name(of: registration)
    }

    private var session: FlowSession { registration.session }

    /// A registration's group has this name in all streams.
    static func name(of registration: FlowRegistration) -> [UInt8] {
        shared + Array(":".utf8) + registration.groupMark
    }

    /// SCAN's arguments for streams, some at a time.
    static func scanWords(_ cursor: [UInt8], _ prefix: KeyPrefix) -> [[UInt8]] {
        [cursor] + words("MATCH") + [prefix.pattern] + words("COUNT", "1000", "TYPE", "stream")
    }

    private func call(_ command: String, _ arguments: [[UInt8]]) throws(FlowError) -> ServerReply {
        try session.call(Array(command.utf8), arguments)
    }

    private static func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

    /// Entries that were read before, and not acknowledged; and the IDs of those that were deleted since.
    /// - Returns: nil if there is no stream.
    func pending(atMost count: Int) throws(FlowError) -> ([StreamEntry], deleted: [[UInt8]])? {
        guard let reply = try read(from: "0", atMost: count) else { return nil }
        guard case .list(let streams) = reply, case .list(let parts)? = streams.first, parts.count == 2,
            case .list(let all) = parts[1]
        else { return ([], []) }
        let entries = StreamEntry.only(reply, key: key)
        let there = Set(entries.map(\.id))
        let ids = all.compactMap { entry -> [UInt8]? in
            guard case .list(let parts) = entry, case .bytes(let id)? = parts.first else { return nil }
            return id
        }
        return (entries, ids.filter { !there.contains($0) })
    }

    /// Entries that nobody has read; they are pending from then on.
    /// - Returns: nil if there is no stream.
    func next(atMost count: Int) throws(FlowError) -> [StreamEntry]? {
        try read(from: ">", atMost: count).map { StreamEntry.only($0, key: key) }
    }

    /// The group is made when it is first needed, and again with its stream.
    /// - Returns: nil if there is no stream.
    private func read(from id: String, atMost count: Int) throws(FlowError) -> ServerReply? {
        let words =
            Self.words("GROUP") + [name, Self.consumer] + Self.words("COUNT", "\(count)", "STREAMS")
            + [key] + Self.words(id)
        do throws(FlowError) { return try call("XREADGROUP", words) } catch {
            guard case .serverCall(.answered(let text)) = error, text.hasPrefix("NOGROUP") else {
                throw error
            }
        }
        guard try exists() else { return nil }
        let service = FlowService.current
        service.forgetProgress(in: key, database: session.script.database)
        if registration.isOfEarlierVersion, let groups = try? groups(), groups[Self.shared] != nil {
            try goOn(after: groups)
        } else {
            try create(after: Self.zero)
        }
        return try call("XREADGROUP", words)
    }

    private func create(after id: [UInt8]) throws(FlowError) {
        _ = try call("XGROUP", Self.words("CREATE") + [key, name, id])
    }

    /// Begins where the shared group was: with the first entry that is not acknowledged there. The last one
    /// that does so removes it.
    /// - Parameter groups: those of the stream, the shared one among them.
    private func goOn(after groups: [[UInt8]: [UInt8]]) throws(FlowError) {
        let pending = try session.callAsModule("XPENDING", [key, Self.shared])
        if case .list(let parts) = pending, parts.count > 1, case .bytes(let id) = parts[1],
            let first = StreamID(id)
        {
            try create(after: first.preceding.bytes)
        } else {
            try create(after: groups[Self.shared] ?? Self.zero)
        }
        let others = FlowService.current.followers(of: key, database: session.script.database)
        let areDone = others.allSatisfy { other, _ in
            other === registration || !other.isOfEarlierVersion || groups[Self.name(of: other)] != nil
        }
        guard areDone else { return }
        _ = try session.callAsModule("XGROUP", Self.words("DESTROY") + [key, Self.shared])
    }

    private func exists() throws(FlowError) -> Bool {
        if case .integer(1) = try call("EXISTS", [key]) { true } else { false }
    }

    /// How many entries nobody has read, up to a number.
    /// - Returns: nil if there is no stream.
    func unreadCount(atMost count: Int) throws(FlowError) -> Int? {
        guard try exists() else { return nil }
        let range = [key, Array("(".utf8) + (try groups()[name] ?? Self.zero), Array("+".utf8)]
        let reply = try call("XRANGE", range + Self.words("COUNT", "\(count)"))
        return StreamEntry.list(reply, key: key).count
    }

    /// The stream's groups, with the last ID that was delivered to each; asked in nobody's name.
    private func groups() throws(FlowError) -> [[UInt8]: [UInt8]] {
        guard
            case .list(let groups) = try session.callAsModule("XINFO", Self.words("GROUPS") + [key])
        else { return [:] }
        var found: [[UInt8]: [UInt8]] = [:]
        for case .list(let parts) in groups {
            var values: [[UInt8]: [UInt8]] = [:]
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                guard case .bytes(let name) = parts[index], case .bytes(let value) = parts[index + 1] else {
                    continue
                }
                values[name] = value
            }
            guard let name = values[Array("name".utf8)] else { continue }
            found[name] = values[Array("last-delivered-id".utf8)]
        }
        return found
    }

    private static let zero = Array("0-0".utf8)

    func acknowledge(_ ids: [[UInt8]]) throws(FlowError) {
        _ = try call("XACK", [key, name] + ids)
    }

    /// Removes all entries up to this one.
    func trim(upTo id: StreamID) throws(FlowError) {
        // Behind the greatest ID there can be no entry.
        let rest = id.following.map { Self.words("MINID") + [$0.bytes] } ?? Self.words("MAXLEN", "0")
        _ = try call("XTRIM", [key] + rest)
    }
}
