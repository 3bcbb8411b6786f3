import Execution
import Redis
import Tensors

/// One command of a DAG, its words read and its model or script found.
enum DagOperation {
    case set(name: Argument, Tensor)
    case get(name: Argument, TensorFormat)
    case run(Model, inputs: ArgumentSlice, outputs: ArgumentSlice)
    case call(Script, ScriptRequest)

    /// - Parameters:
    ///   - words: those of this command alone, its name first.
    ///   - rights: of the client's user.
    init<Keys: DagKeyspace & ~Copyable>(
        parsing words: ArgumentReader, as dialect: DagDialect, in keys: borrowing Keys,
        by rights: borrowing ClientRights
    ) throws(CommandError) {
        guard words.count > 0 else { throw .dag(.unsupportedCommand) }
        var words = words
        let name = words[0]
        if name.matches("AI.TENSORSET") {
            try Self.check(words[0..<1], rights)
            self = try .set(&words, in: keys)
        } else if name.matches("AI.TENSORGET") {
            try Self.check(words[0..<1], rights)
            self = try .get(&words)
        } else if name.matches("AI.MODELEXECUTE") {
            guard !dialect.isDeprecated else { throw .dag(.currentCommand("AI.MODELEXECUTE")) }
            try Self.check(words[0..<min(2, words.count)], rights)
            self = try .modelExecute(&words, in: keys)
        } else if name.matches("AI.MODELRUN") {
            guard dialect.isDeprecated else { throw .dag(.deprecatedCommand("AI.MODELRUN")) }
            try Self.check(words[0..<min(2, words.count)], rights)
            self = try .modelRun(&words, in: keys)
        } else if name.matches("AI.SCRIPTEXECUTE") {
            guard !dialect.isDeprecated else { throw .dag(.currentCommand("AI.SCRIPTEXECUTE")) }
            guard !dialect.isReadOnly else { throw .dag(.scriptInReadOnly) }
            try Self.check(words[0..<min(2, words.count)], rights)
            self = try .scriptExecute(&words, in: keys)
        } else if name.matches("AI.SCRIPTRUN") {
            guard dialect.isDeprecated else { throw .dag(.deprecatedCommand("AI.SCRIPTRUN")) }
            try Self.check(words[0..<min(2, words.count)], rights)
            self = try .scriptRun(&words, in: keys)
        } else {
            throw .dag(.unsupportedCommand)
        }
    }

    /// - Parameter words: the name and, of what runs something, its key. All others are names in the DAG.
    private static func check(
        _ words: ArgumentReader, _ rights: borrowing ClientRights
    ) throws(CommandError) {
        guard rights.includesCommand(words) else { throw .noPermission(words[0].text) }
    }

    private static func set<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) -> DagOperation {
        guard words.count >= TensorSet.leastWordCount else { throw .dag(.arity("AI.TENSORSET")) }
        let command = try TensorSet(parsing: &words)
        try command.refuseEmpty()
        try keys.checkRoom(for: command.tensor)
        return .set(name: command.key, command.tensor)
    }

    private static func get(_ words: inout ArgumentReader) throws(CommandError) -> DagOperation {
        guard TensorGet.wordCounts.contains(words.count) else { throw .dag(.arity("AI.TENSORGET")) }
        let command = try TensorGet(parsing: &words)
        return .get(name: command.key, command.format)
    }

    private static func modelExecute<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) -> DagOperation {
        guard words.count >= ModelExecute.leastWordCount else { throw .arity("AI.MODELEXECUTE") }
        let model = try keys.model(at: words[1])
        return try run(model, try ModelExecute.request(&words, for: model))
    }

    private static func modelRun<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) -> DagOperation {
        guard words.count >= ModelRun.leastWordCount else { throw .arity("AI.MODELRUN") }
        let model = try keys.model(at: words[1])
        return try run(model, try ModelRun(parsing: &words).request)
    }

    private static func run(_ model: Model, _ request: ModelRequest) throws(CommandError) -> DagOperation {
        try request.checkCounts(of: model)
        guard request.timeoutMilliseconds == 0 else { throw .dag(.timeoutOfCommand) }
        return .run(model, inputs: request.inputs, outputs: request.outputs)
    }

    private static func scriptExecute<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) -> DagOperation {
        guard words.count >= ScriptExecute.leastWordCount else { throw .arity("AI.SCRIPTEXECUTE") }
        let script = try keys.script(at: words[1])
        return try checked(script, try ScriptExecute.request(&words, isInDAG: true))
    }

    private static func scriptRun<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) -> DagOperation {
        guard words.count >= ScriptRun.leastWordCount else { throw .arity("AI.SCRIPTRUN") }
        let script = try keys.script(at: words[1])
        return try checked(script, try ScriptRun(parsing: &words).request)
    }

    private static func checked(
        _ script: Script, _ request: ScriptRequest
    ) throws(CommandError) -> DagOperation {
        guard request.timeoutMilliseconds == 0 else { throw .dag(.timeoutOfCommand) }
        try ScriptRequest.check(script)
        return .call(script, request)
    }
}
