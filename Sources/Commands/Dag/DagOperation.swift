import Execution
import Redis
import Tensors

/// One command of a DAG, its words read and its model found.
enum DagOperation {
    case set(name: Argument, Tensor)
    case get(name: Argument, TensorFormat)
    case run(Model, inputs: ArgumentSlice, outputs: ArgumentSlice)

    /// - Parameter words: those of this command alone, its name first.
    init<Keys: DagKeyspace & ~Copyable>(
        parsing words: ArgumentReader, as dialect: DagDialect, in keys: borrowing Keys
    ) throws(CommandError) {
        guard words.count > 0 else { throw .dag(.unsupportedCommand) }
        var words = words
        let name = words[0]
        if name.matches("AI.TENSORSET") {
            self = try .set(&words)
        } else if name.matches("AI.TENSORGET") {
            self = try .get(&words)
        } else if name.matches("AI.MODELEXECUTE") {
            guard !dialect.isDeprecated else { throw .dag(.currentCommand("AI.MODELEXECUTE")) }
            self = try .modelExecute(&words, in: keys)
        } else if name.matches("AI.MODELRUN") {
            guard dialect.isDeprecated else { throw .dag(.deprecatedCommand("AI.MODELRUN")) }
            self = try .modelRun(&words, in: keys)
        } else if name.matches("AI.SCRIPTEXECUTE") {
            guard !dialect.isDeprecated else { throw .dag(.currentCommand("AI.SCRIPTEXECUTE")) }
            guard !dialect.isReadOnly else { throw .dag(.scriptInReadOnly) }
            throw Self.noScript("AI.SCRIPTEXECUTE", words, in: keys)
        } else if name.matches("AI.SCRIPTRUN") {
            guard dialect.isDeprecated else { throw .dag(.deprecatedCommand("AI.SCRIPTRUN")) }
            throw Self.noScript("AI.SCRIPTRUN", words, in: keys)
        } else {
            throw .dag(.unsupportedCommand)
        }
    }

    private static func set(_ words: inout ArgumentReader) throws(CommandError) -> DagOperation {
        guard words.count >= TensorSet.leastWordCount else { throw .dag(.arity("AI.TENSORSET")) }
        let command = try TensorSet(parsing: &words)
        try command.refuseEmpty()
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

    /// There are no scripts, and the words behind a missing one are not looked at.
    private static func noScript<Keys: DagKeyspace & ~Copyable>(
        _ name: StaticString, _ words: ArgumentReader, in keys: borrowing Keys
    ) -> CommandError {
        words.count < 3 ? .arity(name) : keys.noScript(at: words[1])
    }
}
