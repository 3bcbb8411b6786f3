import Execution
import Redis

/// `AI.SCRIPTSTORE key device [TAG tag] ENTRY_POINTS n name ... SOURCE text`
public struct ScriptStore: Command {
    let key: Argument
    let options: ScriptOptions
    let source: Argument
    let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= 8, let key = words.next(), let deviceWord = words.next() else {
            throw .arity("AI.SCRIPTSTORE")
        }
        self.key = key
        let tag = ModelOptions.tag(&words)
        guard words.take("ENTRY_POINTS") else { throw .script(.entryPointsMissing) }
        guard let count = ModelOptions.count(words.next()) else { throw .script(.invalidEntryPointCount) }
        guard let names = words.next(count) else { throw .script(.entryPointsMissing) }
        // Words behind the source have always been passed over.
        source = try ScriptOptions.source(&words)
        options = ScriptOptions(
            device: try ScriptOptions.device(deviceWord), tag: tag, entryPoints: names.map(\.bytes))
        self.words = words
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try options.store(source, at: key, words: words, named: "AI.SCRIPTSTORE", in: context)
    }
}
