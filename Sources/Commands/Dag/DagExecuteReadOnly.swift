import Redis

/// `AI.DAGEXECUTE_RO [LOAD n key ...] [ROUTING tag] [TIMEOUT ms] |> command ...`: stores nothing.
public struct DagExecuteReadOnly: Command {
    private let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) { self.words = words }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try DagRequest.run(words, as: .executeReadOnly, in: context)
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        DagKeys.report(words, to: context)
    }
}
