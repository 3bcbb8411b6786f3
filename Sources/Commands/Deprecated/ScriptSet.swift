import Execution
import Redis

/// `AI.SCRIPTSET key device [TAG tag] SOURCE text`: the older spelling of `AI.SCRIPTSTORE`, without entry
/// points.
public struct ScriptSet: Command {
    let key: Argument
    let options: ScriptOptions
    let source: Argument
    let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard [5, 7].contains(words.count), let key = words.next(), let deviceWord = words.next() else {
            throw .arity("AI.SCRIPTSET")
        }
        self.key = key
        let tag = ModelOptions.tag(&words)
        source = try ScriptOptions.source(&words)
        options = ScriptOptions(device: try ScriptOptions.device(deviceWord), tag: tag, entryPoints: [])
        self.words = words
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try options.store(source, at: key, words: words, named: "AI.SCRIPTSET", in: context)
    }
}
