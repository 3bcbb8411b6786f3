import Redis

/// The consumer group of flows in one stream; each call is a command in the name of the session's user.
struct StreamGroup {
    private static let group = Array("__gears_consumer_group__".utf8)
    private static let consumer = Array("__gears_client__".utf8)

    private let key: [UInt8]
    private unowned let session: FlowSession

    init(_ key: [UInt8], _ session: FlowSession) {
        self.key = key
        self.session = session
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
            Self.words("GROUP") + [Self.group, Self.consumer] + Self.words("COUNT", "\(count)", "STREAMS")
            + [key] + Self.words(id)
        do throws(FlowError) { return try call("XREADGROUP", words) } catch {
            guard case .serverCall(.answered(let text)) = error, text.hasPrefix("NOGROUP") else {
                throw error
            }
        }
        guard try exists() else { return nil }
        _ = try call("XGROUP", Self.words("CREATE") + [key, Self.group] + Self.words("0"))
        return try call("XREADGROUP", words)
    }

    private func exists() throws(FlowError) -> Bool {
        if case .integer(1) = try call("EXISTS", [key]) { true } else { false }
    }

    /// How many entries nobody has read, up to a number.
    /// - Returns: nil if there is no stream.
    func unreadCount(atMost count: Int) throws(FlowError) -> Int? {
        guard try exists() else { return nil }
        let range = [key, Array("(".utf8) + (try lastDelivered()), Array("+".utf8)]
        let reply = try call("XRANGE", range + Self.words("COUNT", "\(count)"))
        return StreamEntry.list(reply, key: key).count
    }

    private func lastDelivered() throws(FlowError) -> [UInt8] {
        guard case .list(let groups) = try call("XINFO", Self.words("GROUPS") + [key]) else {
            return Self.zero
        }
        for case .list(let parts) in groups {
            var values: [[UInt8]: [UInt8]] = [:]
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                guard case .bytes(let name) = parts[index], case .bytes(let value) = parts[index + 1] else {
                    continue
                }
                values[name] = value
            }
            if values[Array("name".utf8)] == Self.group {
                return values[Array("last-delivered-id".utf8)] ?? Self.zero
            }
        }
        return Self.zero
    }

    private static let zero = Array("0-0".utf8)

    func acknowledge(_ ids: [[UInt8]]) throws(FlowError) {
        _ = try call("XACK", [key, Self.group] + ids)
    }

    /// Removes all entries up to this one.
    func trim(upTo id: [UInt8]) throws(FlowError) {
        // Behind the greatest ID there can be no entry.
        let rest = Self.following(id).map { Self.words("MINID") + [$0] } ?? Self.words("MAXLEN", "0")
        _ = try call("XTRIM", [key] + rest)
    }

    /// The least ID that is greater; nil if there is none.
    private static func following(_ id: [UInt8]) -> [UInt8]? {
        let parts = String(decoding: id, as: UTF8.self).split(separator: "-")
        guard parts.count == 2, let time = UInt64(parts[0]), let count = UInt64(parts[1]) else { return nil }
        let (next, overflow) = count.addingReportingOverflow(1)
        guard overflow else { return Array("\(time)-\(next)".utf8) }
        return time == .max ? nil : Array("\(time + 1)-0".utf8)
    }
}
