import Messages
import Redis

/// How far a flow is in reading keys: what Python gets, and returns to go on.
struct KeyScan {
    /// The server's cursor; nil when it has come to its end.
    private var cursor: [UInt8]?
    /// Keys that were found and not read yet.
    var keys: [[UInt8]] = []
    private(set) var hasBegun: Bool

    /// - Parameter value: what `write` has written; none at first.
    init(_ value: MessageValue) throws(FlowError) {
        guard !value.isNone else {
            hasBegun = false
            cursor = Self.zero
            return
        }
        hasBegun = true
        guard let parts = value.asList, parts.count == 2, let rest = parts[1].asList else {
            throw .invalidCall
        }
        cursor = parts[0].asBytes.map(Array.init)
        for key in rest {
            guard let bytes = key.asBytes else { throw .invalidCall }
            keys.append(Array(bytes))
        }
    }

    /// One key by its name.
    init(onlyKey key: [UInt8]) {
        keys = [key]
        hasBegun = true
    }

    private static let zero = Array("0".utf8)

    /// Finds more keys, in the name of a session's user.
    mutating func scan(
        _ pattern: ArraySlice<UInt8>, atMost count: Int, in session: FlowSession
    ) throws(FlowError) {
        guard let start = cursor else { return }
        let words = [
            start, Array("MATCH".utf8), Array(pattern), Array("COUNT".utf8), Array("\(count)".utf8),
        ]
        guard case .list(let parts) = try session.call(Array("SCAN".utf8), words), parts.count == 2,
            case .bytes(let next) = parts[0], case .list(let found) = parts[1]
        else { throw .serverCall(.unexpected) }
        keys = found.compactMap { key in if case .bytes(let bytes) = key { bytes } else { nil } }
        cursor = next == Self.zero ? nil : next
    }

    func write(to writer: inout MessageWriter) {
        guard cursor != nil || !keys.isEmpty else { return writer.none() }
        writer.tuple(2)
        if let cursor { writer.bytes(cursor) } else { writer.none() }
        writer.list(keys.count)
        for key in keys { writer.bytes(key) }
    }
}
