/// What the server says of one of its commands.
struct ServerCommandFlags: OptionSet {
    let rawValue: UInt8

    static let noScript = ServerCommandFlags(rawValue: 1)
    static let write = ServerCommandFlags(rawValue: 2)
    static let readOnly = ServerCommandFlags(rawValue: 4)
    static let blocking = ServerCommandFlags(rawValue: 8)
    static let mayReplicate = ServerCommandFlags(rawValue: 16)
    /// It waits if its arguments say so, whatever the server says of it.
    static let waitsIfTold = ServerCommandFlags(rawValue: 32)

    private static let names: [(name: String, flag: ServerCommandFlags)] = [
        ("noscript", .noScript), ("write", .write), ("readonly", .readOnly), ("blocking", .blocking),
        ("may_replicate", .mayReplicate),
    ]

    // Safety: under the server's lock only. No more entries than the server has commands.
    nonisolated(unsafe) private static var known: [[UInt8]: ServerCommandFlags] = [:]
    // Safety: the same. The command that was asked for last, as it was written: many come in a row.
    nonisolated(unsafe) private static var last: (command: [UInt8], flags: ServerCommandFlags)?
    private static let waitingIfTold: Set = [Array("XREAD".utf8), Array("XREADGROUP".utf8)]

    /// The flags of a command; nil if there is none of that name. Asks the server once for each.
    static func of(_ command: [UInt8], in context: borrowing RedisContext) -> ServerCommandFlags? {
        if let last = unsafe last, last.command == command { return last.flags }
        let name = command.uppercased
        guard let flags = unsafe known[name] ?? ask(name, in: context) else { return nil }
        unsafe last = (command, flags)
        return flags
    }

    private static func ask(
        _ name: [UInt8], in context: borrowing RedisContext
    ) -> ServerCommandFlags? {
        var words = CommandWords()
        words.append("INFO")
        words.append(bytes: name)
        guard
            case .list(let commands)? = try? ServerCall.call(
                Array("COMMAND".utf8), words, flags: "v", in: context),
            case .list(let parts)? = commands.first, parts.count > 2, case .list(let words) = parts[2]
        else { return nil }
        var flags: ServerCommandFlags = []
        for case .bytes(let word) in words {
            for entry in names where Array(entry.name.utf8) == word { flags.insert(entry.flag) }
        }
        if waitingIfTold.contains(name) { flags.insert(.waitsIfTold) }
        unsafe known[name] = flags
        return flags
    }
}
