import Redis

/// `AI._FLOWEND id`: from a master or the append-only file.
struct EndSession: Command {
    let id: Argument

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 1, let id = words.next() else { throw .arity("AI._FLOWEND") }
        self.id = id
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        if try SessionCommandTable.isOwn(context) { return }
        FlowService.installed?.takeEnd(of: id.bytes)
        context.replicateVerbatim()
        context.replyOK()
    }
}

extension SessionCommandTable {
    /// Whether it is a call of ours, which has done it already and only sends it on; it is answered then.
    /// - Throws: `.keeping(.notForClients)` if it comes from a client.
    static func isOwn(_ context: borrowing RedisContext) throws(FlowError) -> Bool {
        if unsafe isPropagating {
            context.replicateVerbatim()
            context.replyOK()
            return true
        }
        guard !context.flags.isDisjoint(with: [.replicated, .loading]) else { throw .keeping(.notForClients) }
        return false
    }
}

extension KeepSession {
    static var description: CommandDescription {
        CommandDescription(
            name: SessionCommandTable.put,
            summary: "An internal command: a session of flows, for replicas and the append-only file.",
            complexity: "O(1)", since: "99.99.99", flags: "write admin deny-script",
            categories: .flowAdministrating, arguments: [CommandArgument("record", .string)])
    }
}

extension EndSession {
    static var description: CommandDescription {
        CommandDescription(
            name: SessionCommandTable.drop,
            summary:
                "An internal command: the end of a session of flows, for replicas and the append-only file.",
            complexity: "O(1)", since: "99.99.99", flags: "write admin deny-script",
            categories: .flowAdministrating, arguments: [CommandArgument("id", .string)])
    }
}
