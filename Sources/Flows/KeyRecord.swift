import Messages
import Redis

/// What a flow of KeysReader gets of a key.
struct KeyRecord {
    private enum Value {
        case notRead
        case none
        case bytes(ServerReply)
        case pairs([ServerReply])
        case list([ServerReply])
    }

    private let key: [UInt8]
    /// What has happened to it; nil if the flow was not started by an event.
    private let event: [UInt8]?
    private let type: String
    private let value: Value

    /// Reads a key in the name of a session's user.
    ///
    /// - Parameter readsValue: whether the flow wants type and value.
    init(
        _ key: [UInt8], event: [UInt8]?, readsValue: Bool, in session: FlowSession
    ) throws(FlowError) {
        self.key = key
        self.event = event
        guard readsValue else {
            type = ""
            value = .notRead
            return
        }
        guard case .bytes(let name) = try session.call(Array("TYPE".utf8), [key]) else {
            throw .serverCall(.unexpected)
        }
        let kind = String(decoding: name, as: UTF8.self)
        type = Self.types[kind] ?? "module"
        value = try Self.read(key, of: kind, in: session)
    }

    /// What flows call the types of the server; all others are a module's.
    private static let types = [
        "string": "string", "hash": "hash", "list": "list", "set": "set", "zset": "zset",
        "stream": "unknown", "none": "empty",
    ]

    private static func read(
        _ key: [UInt8], of type: String, in session: FlowSession
    ) throws(FlowError) -> Value {
        switch type {
        case "string": return .bytes(try session.call(Array("GET".utf8), [key]))
        case "hash":
            guard case .list(let pairs) = try session.call(Array("HGETALL".utf8), [key]) else { return .none }
            return .pairs(pairs)
        case "list":
            let range = [key, Array("0".utf8), Array("-1".utf8)]
            guard case .list(let items) = try session.call(Array("LRANGE".utf8), range) else { return .none }
            return .list(items)
        default: return .none
        }
    }

    /// Of the key and its value.
    var byteCount: Int {
        switch value {
        case .notRead, .none: key.count
        case .bytes(let reply): key.count + reply.byteCount
        case .pairs(let replies), .list(let replies): replies.reduce(key.count) { $0 + $1.byteCount }
        }
    }

    func write(to writer: inout MessageWriter) {
        if case .notRead = value { writer.tuple(2) } else { writer.tuple(4) }
        writer.bytes(key)
        if let event { writer.bytes(event) } else { writer.none() }
        switch value {
        case .notRead: return
        case .none:
            writer.bytes(type)
            writer.none()
        case .bytes(let reply):
            writer.bytes(type)
            writer.reply(reply)
        case .pairs(let replies):
            writer.bytes(type)
            writer.beginDictionary()
            for reply in replies { writer.reply(reply) }
            writer.endDictionary()
        case .list(let replies):
            writer.bytes(type)
            writer.list(replies.count)
            for reply in replies { writer.reply(reply) }
        }
    }
}
