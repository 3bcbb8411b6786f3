import Redis

/// The commands of ours that run in the place of hooked ones: one for each kind of them, so that the server
/// refuses and routes them as it would the others.
struct StandIn {
    /// For users who may run it.
    let checked: SharedWord
    /// For those who may run the hooked command alone. The server lets anybody call this one, so it is only
    /// put there for clients that have logged in.
    let vouched: SharedWord

    private static let growing = StandIn(checked: SharedWord("ai._hookg"), vouched: SharedWord("ai._hookgv"))
    private static let writing = StandIn(checked: SharedWord("ai._hookw"), vouched: SharedWord("ai._hookwv"))
    private static let reading = StandIn(checked: SharedWord("ai._hookr"), vouched: SharedWord("ai._hookrv"))
    private static let other = StandIn(checked: SharedWord("ai._hooko"), vouched: SharedWord("ai._hookov"))

    static func of(_ info: ServerCommandInfo) -> StandIn {
        if info.flags.contains("write") { return info.flags.contains("denyoom") ? growing : writing }
        return info.flags.contains("readonly") ? reading : other
    }

    /// In OnLoad only.
    /// - Returns: false if the server refuses.
    static func register(in context: borrowing RedisContext) -> Bool {
        let kinds: [(StaticString, StaticString, CommandCategories)] = [
            ("ai._hookg", "write deny-oom getkeys-api", .hookedWriting),
            ("ai._hookw", "write getkeys-api", .hookedWriting),
            ("ai._hookr", "readonly getkeys-api", .hookedReading),
            ("ai._hooko", "may-replicate getkeys-api", .hookedOther),
            ("ai._hookgv", "write deny-oom getkeys-api no-auth", .hookedWriting),
            ("ai._hookwv", "write getkeys-api no-auth", .hookedWriting),
            ("ai._hookrv", "readonly getkeys-api no-auth", .hookedReading),
            ("ai._hookov", "may-replicate getkeys-api no-auth", .hookedOther),
        ]
        return kinds.allSatisfy { name, flags, categories in
            // Safety: the server passes a context and `count` words that live as long as the call.
            unsafe context.register(HookedCommand.description(name, flags, categories)) {
                unsafe CommandDispatch<HookedCommand>.run($0, $1, $2)
            }
        }
    }
}

/// `AI._HOOK... mark command [argument ...]`: what the filter has made of a client's command.
struct HookedCommand: Command {
    /// The client's, with its name first.
    let words: ArgumentReader

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        let all = words
        guard let mark = words.next(), CommandFilter.isMark(mark), words.remaining > 0 else {
            throw .hook(.notForClients)
        }
        self.words = all[2..<all.count]
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        FlowService.current.runHooked(words, in: context)
    }

    static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        guard words.count > 2 else { return }
        context.reportKeys(of: words[2..<words.count], after: 2)
    }

    static func description(
        _ name: StaticString, _ flags: StaticString, _ categories: CommandCategories
    ) -> CommandDescription {
        CommandDescription(
            name: name, summary: "An internal command: runs in the place of one that a flow hooks.",
            complexity: "Depends on the flow.", since: "99.99.99", flags: flags, categories: categories,
            arguments: [CommandArgument("word", .string, isMultiple: true)])
    }
}

extension CommandCategories {
    static let hookedWriting = CommandCategories("write slow", and: nil)
    static let hookedReading = CommandCategories("read slow", and: nil)
    static let hookedOther = CommandCategories("slow", and: nil)
}
