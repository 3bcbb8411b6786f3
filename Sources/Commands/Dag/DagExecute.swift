import Redis

/// `AI.DAGEXECUTE [LOAD n key ...] [PERSIST n key ...] [ROUTING tag] [TIMEOUT ms] |> command ...`
///
/// The words are read in `run`, since each key that they name may be the reason to stop reading.
public struct DagExecute: Command {
    private let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) { self.words = words }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try DagRequest.run(words, as: .execute, in: context)
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        DagKeys.report(words, to: context)
    }
}
