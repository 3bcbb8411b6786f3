import Messages
import Redis

/// Records that the server reads for a flow that has started by itself, some at a time.
extension FlowService {
    /// What one answer holds at most.
    private static let keysOfAnswer = 100

    /// Answers records, what Python is to say to go on (none at the end), and why records were left out (none
    /// if none were).
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
        var place = try KeyScan(call.argument(2))
        if isName, !place.hasBegun {
            place = KeyScan(onlyKey: Array(pattern))
        } else if place.keys.isEmpty {
            try place.scan(pattern, atMost: Self.keysOfAnswer, in: call.session)
        }
        var records: [KeyRecord] = []
        var byteCount = 0
        var refusal: FlowError?
        while byteCount < Self.bytesOfAnswer, let key = place.keys.popLast() {
            do throws(FlowError) {
                let record = try KeyRecord(key, event: nil, readsValue: readsValue, in: call.session)
                records.append(record)
                byteCount += record.byteCount
            } catch {
                // SCAN finds keys that the user may not read; others come behind them.
                guard error.isLackOfRights else { throw error }
                refusal = refusal ?? error
            }
        }
        try answer(call.number) { writer in
            writer.tuple(3)
            writer.list(records.count)
            for record in records { record.write(to: &writer) }
            place.write(to: &writer)
            if let refusal { writer.bytes(refusal.text) } else { writer.none() }
        }
    }

    /// From so many bytes on, the rest is left for the next answer.
    private static let bytesOfAnswer = 4 << 20

    // MARK: Entries of a stream

    private func readEntries(_ call: FlowCall, _ arguments: MessageValue) throws(FlowError) {
        guard let key = arguments["key"]?.asBytes, let first = arguments["fromId"]?.asBytes else {
            throw .invalidCall
        }
        let position = try call.argument(2).asBytes ?? first
        let words = ["COUNT", "\(Self.keysOfAnswer)", "STREAMS"].map { Array($0.utf8) }
        let reply = try call.session.call(Array("XREAD".utf8), words + [Array(key), Array(position)])
        var entries: [StreamEntry] = []
        var byteCount = 0
        for entry in StreamEntry.only(reply, key: Array(key)) where byteCount < Self.bytesOfAnswer {
            entries.append(entry)
            byteCount += entry.byteCount
        }
        try answer(call.number) { writer in
            writer.tuple(3)
            writer.list(entries.count)
            for entry in entries { entry.write(to: &writer) }
            if let last = entries.last { writer.bytes(last.id) } else { writer.none() }
            writer.none()
        }
    }
}
