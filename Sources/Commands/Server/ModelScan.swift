import Keyspace
import Redis

/// `AI._MODELSCAN`: the models of the client's database, each with its tag.
public struct ModelScan: Command {
    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 1 else { throw .arity("AI._MODELSCAN") }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        Log.warning("MODELSCAN is experimental and might be removed in future versions")
        let state = ModuleState.current
        let all = state.directory.entries(in: context, of: state.models)
        let found = all.filter { $0.database == context.database }
        context.reply(arrayOf: found.count)
        for entry in found {
            context.reply(arrayOf: 2)
            context.reply(bulk: entry.key)
            context.reply(bulk: entry.model.definition.tag)
        }
    }
}
