import Messages
import Redis

/// Records that the server reads for a flow that has started by itself, some at a time.
extension FlowService {
    /// What one answer holds at most.
    private static let keysOfAnswer = 100

    /// Answers records, and what Python is to say to go on; none at the end.
    func readRecords(_ call: FlowCall) throws(FlowError) {
        let arguments = try call.argument(1)
        switch try call.text(0) {
        case "KeysReader": try readKeys(call, arguments)
        case "StreamReader": try readEntries(call, arguments)
        case let reader: throw .unknownOperation(String(reader.prefix(40)))
        }
    }

    // MARK: Keys

    private func readKeys(_ call: FlowCall, _ arguments: MessageValue) throws(FlowError) {
        guard let pattern = arguments["pattern"]?.asBytes, let isName = arguments["noScan"]?.asBool,
            let readsValue = arguments["readValue"]?.asBool
        else { throw .invalidCall }
        let (keys, cursor) =
            isName
            ? ([Array(pattern)], nil)
            : try Self.scan(pattern, from: call.argument(2), in: call.session)
        var records: [KeyRecord] = []
        for key in keys {
            records.append(try KeyRecord(key, event: nil, readsValue: readsValue, in: call.session))
        }
        try answer(call.number) { writer in
            writer.tuple(2)
            writer.list(records.count)
            for record in records { record.write(to: &writer) }
            if let cursor { writer.bytes(cursor) } else { writer.none() }
        }
    }

    /// - Parameter position: the cursor of the last call; none at first.
    /// - Returns: keys, and the next cursor; nil at the end.
    private static func scan(
        _ pattern: ArraySlice<UInt8>, from position: MessageValue, in session: FlowSession
    ) throws(FlowError) -> ([[UInt8]], [UInt8]?) {
        let start = position.asBytes.map(Array.init) ?? Array("0".utf8)
        let words = [
            start, Array("MATCH".utf8), Array(pattern), Array("COUNT".utf8), Array("\(keysOfAnswer)".utf8),
        ]
        guard case .list(let parts) = try session.call(Array("SCAN".utf8), words), parts.count == 2,
            case .bytes(let cursor) = parts[0], case .list(let found) = parts[1]
        else { throw .serverCall(.unexpected) }
        let keys = found.compactMap { key in if case .bytes(let bytes) = key { bytes } else { nil } }
        return (keys, cursor == Array("0".utf8) ? nil : cursor)
    }

    // MARK: Entries of a stream

    private func readEntries(_ call: FlowCall, _ arguments: MessageValue) throws(FlowError) {
        guard let key = arguments["key"]?.asBytes, let first = arguments["fromId"]?.asBytes else {
            throw .invalidCall
        }
        let position = try call.argument(2).asBytes ?? first
        let words = ["COUNT", "\(Self.keysOfAnswer)", "STREAMS"].map { Array($0.utf8) }
        let reply = try call.session.call(Array("XREAD".utf8), words + [Array(key), Array(position)])
        let entries = StreamEntry.only(reply, key: Array(key))
        try answer(call.number) { writer in
            writer.tuple(2)
            writer.list(entries.count)
            for entry in entries { entry.write(to: &writer) }
            if let last = entries.last { writer.bytes(last.id) } else { writer.none() }
        }
    }
}
