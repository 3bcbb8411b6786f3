/// What the server says of one of its commands, for who stands in its place.
public struct ServerCommandInfo: Sendable {
    /// Words, the name included; below 0 = at least so many.
    public let arity: Int
    /// `write`, `denyoom`, ...; those of subcommands, too.
    public let flags: Set<String>
    /// Positions of keys: the first, the last (below 0 = from the end), and the distance; 0 = none.
    public let keys: (first: Int, last: Int, step: Int)

    /// - Returns: nil if there is no such command.
    public static func of(_ name: [UInt8]) -> ServerCommandInfo? {
        guard !name.contains(0), !name.contains(UInt8(ascii: "|")) else { return nil }
        var words = CommandWords()
        words.append("INFO")
        words.append(bytes: name)
        let answer: ServerReply?? = DetachedContext.with { context in
            try? ServerCall.call(Array("COMMAND".utf8), words, flags: "v", in: context)
        }
        guard case .list(let commands)?? = answer, case .list(let parts)? = commands.first else { return nil }
        return ServerCommandInfo(parts)
    }

    /// - Parameter parts: of COMMAND INFO: name, arity, flags, keys, and from 7.0 on subcommands in the end.
    private init?(_ parts: [ServerReply]) {
        guard parts.count > 5, case .integer(let arity) = parts[1], case .integer(let first) = parts[3],
            case .integer(let last) = parts[4], case .integer(let step) = parts[5]
        else { return nil }
        var flags = Self.words(parts[2])
        if parts.count > Self.subcommandsIndex, case .list(let subcommands) = parts[Self.subcommandsIndex] {
            for case .list(let parts) in subcommands where parts.count > 2 {
                flags.formUnion(Self.words(parts[2]))
            }
        }
        self.arity = Int(arity)
        self.flags = flags
        keys = (Int(first), Int(last), Int(step))
    }

    private static var subcommandsIndex: Int { 9 }

    private static func words(_ list: ServerReply) -> Set<String> {
        guard case .list(let words) = list else { return [] }
        return Set(
            words.compactMap { word in
                guard case .bytes(let bytes) = word else { return nil }
                return String(decoding: bytes, as: UTF8.self)
            })
    }

    /// Whether a command may have so many words.
    public func allows(wordCount: Int) -> Bool { arity < 0 ? wordCount >= -arity : wordCount == arity }

    /// Where keys stand among so many words.
    public func keyPositions(wordCount: Int) -> StrideTo<Int> {
        guard keys.first > 0, keys.step > 0 else { return stride(from: 0, to: 0, by: 1) }
        let last = keys.last < 0 ? wordCount + keys.last : min(keys.last, wordCount - 1)
        return stride(from: keys.first, to: last + 1, by: keys.step)
    }
}
