import Redis

/// `AI.SCRIPTDEL key`
public struct ScriptDelete: Command {
    let key: Argument

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 2, let key = words.next() else { throw .arity("AI.SCRIPTDEL") }
        self.key = key
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        _ = try ScriptGet.script(at: key, in: context)
        context.write(key).delete()
        context.replicateVerbatim()
        context.replyOK()
    }
}
