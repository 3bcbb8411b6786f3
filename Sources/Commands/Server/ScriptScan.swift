import Keyspace
import Redis

/// `AI._SCRIPTSCAN`: the scripts of the client's database, each with its tag.
public struct ScriptScan: Command {
    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 1 else { throw .arity("AI._SCRIPTSCAN") }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        Log.warning("SCRIPTSCAN is experimental and might be removed in future versions")
        let state = ModuleState.current
        context.reply(state.scriptDirectory.entries(in: context, of: state.scripts))
    }
}

extension RedisContext {
    /// An array with key and tag of each that is in the context's database and within the user's patterns.
    func reply<Value: StoredRunnable>(_ entries: [Directory<Value>.Entry]) {
        let rights = rights
        let found = entries.filter { $0.database == database && rights.includesKey($0.key) }
        reply(arrayOf: found.count)
        for entry in found {
            reply(arrayOf: 2)
            reply(bulk: entry.key)
            reply(bulk: entry.value.definition.tag)
        }
    }
}
