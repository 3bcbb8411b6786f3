import Execution
import Keyspace
import Redis

/// `AI.SCRIPTGET key [META] [SOURCE]`
public struct ScriptGet: Command {
    let key: Argument
    private(set) var hasMeta = false
    private(set) var hasSource = false

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard (2...4).contains(words.count), let key = words.next() else { throw .arity("AI.SCRIPTGET") }
        self.key = key
        while let word = words.next() {
            // Unknown words have always been passed over.
            if word.matches("META") { hasMeta = true }
            if word.matches("SOURCE") { hasSource = true }
        }
        if !hasMeta, !hasSource { (hasMeta, hasSource) = (true, true) }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let definition = try Self.script(at: key, in: context).definition
        guard hasMeta else { return definition.source.withBytes { context.reply(bytes: $0) } }
        context.reply(arrayOf: hasSource ? 8 : 6)
        context.reply(bulk: "device")
        context.reply(bulk: definition.device.text)
        context.reply(bulk: "tag")
        context.reply(bulk: definition.tag)
        context.reply(bulk: "Entry Points")
        context.reply(arrayOf: definition.entryPoints.count)
        for name in definition.entryPoints { context.reply(bulk: name) }
        guard hasSource else { return }
        context.reply(bulk: "source")
        definition.source.withBytes { context.reply(bytes: $0) }
    }

    /// The script that a key holds.
    /// - Throws: `.scriptMissing`, `.wrongType`.
    static func script(
        at key: Argument, in context: borrowing RedisContext
    ) throws(CommandError) -> Script {
        let script: Script?
        do throws(WrongType) {
            script = try context.read(key).value(ModuleState.current.scripts)
        } catch {
            throw .wrongType
        }
        guard let script else { throw .scriptMissing }
        return script
    }
}
