import Redis

/// `AI.MODELDEL key`
public struct ModelDelete: Command {
    let key: Argument

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 2, let key = words.next() else { throw .arity("AI.MODELDEL") }
        self.key = key
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        _ = try ModelGet.model(at: key, in: context)
        context.write(key).delete()
        context.replicateVerbatim()
        context.replyOK()
    }
}
