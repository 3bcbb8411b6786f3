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
        context.reply(state.modelDirectory.entries(in: context, of: state.models))
    }
}
