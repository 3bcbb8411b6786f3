import Redis

/// `AI.DAGRUN [LOAD n key ...] [PERSIST n key ...] [ROUTING tag] [TIMEOUT ms] |> command ...`: the older
/// spelling of `AI.DAGEXECUTE`, in which models run by `AI.MODELRUN`.
public struct DagRun: Command {
    private let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) { self.words = words }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try DagRequest.run(words, as: .run, in: context)
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        DagKeys.report(words, to: context)
    }
}
