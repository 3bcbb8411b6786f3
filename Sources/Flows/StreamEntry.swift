import Messages
import Redis

/// One entry of a stream.
struct StreamEntry {
    let key: [UInt8]
    let id: [UInt8]
    /// Fields and values by turns.
    let fields: [ServerReply]

    /// The entries in a reply of XRANGE, or the part of one of XREAD that belongs to a stream. Entries that
    /// were deleted meanwhile have no fields, and are left out.
    static func list(_ reply: ServerReply, key: [UInt8]) -> [StreamEntry] {
        guard case .list(let entries) = reply else { return [] }
        return entries.compactMap { entry in
            guard case .list(let parts) = entry, parts.count == 2, case .bytes(let id) = parts[0],
                case .list(let fields) = parts[1]
            else { return nil }
            return StreamEntry(key: key, id: id, fields: fields)
        }
    }

    /// Those of the one stream in a reply of XREAD or XREADGROUP.
    static func only(_ reply: ServerReply, key: [UInt8]) -> [StreamEntry] {
        guard case .list(let streams) = reply, case .list(let parts)? = streams.first, parts.count == 2
        else { return [] }
        return list(parts[1], key: key)
    }

    /// When it was added, as its ID says, in milliseconds since 1970; nil if that is something else.
    var milliseconds: Int? {
        let text = String(decoding: id.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        return Int(text)
    }

    var byteCount: Int { fields.reduce(key.count + id.count) { $0 + $1.byteCount } }

    func write(to writer: inout MessageWriter) {
        writer.tuple(3)
        writer.bytes(key)
        writer.bytes(id)
        writer.list(fields.count)
        for field in fields { writer.reply(field) }
    }
}

extension ServerReply {
    /// About how many bytes it takes in a message.
    var byteCount: Int {
        switch self {
        case .null, .integer: 9
        case .bytes(let bytes): bytes.count + 5
        case .error(let text): text.utf8.count + 5
        case .list(let replies): replies.reduce(5) { $0 + $1.byteCount }
        }
    }
}
