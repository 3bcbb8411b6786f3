import Execution
import Keyspace
import Redis

/// `AI._MODELSCAN`: the models of the client's database, each with its tag.
public struct ModelScan: Command {
    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 1 else { throw .arity("AI._MODELSCAN") }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        Log.warning("MODELSCAN is experimental and might be removed in future versions")
        var found: [(key: [UInt8], tag: [UInt8])] = []
        context.eachKey { name, key in
            // Keys of other types are passed over.
            guard let model = try? key.value(ModuleState.current.models) else { return }
            found.append((name.bytes, model.definition.tag))
        }
        context.reply(arrayOf: found.count)
        for (key, tag) in found {
            context.reply(arrayOf: 2)
            context.reply(bulk: key)
            context.reply(bulk: tag)
        }
    }
}
