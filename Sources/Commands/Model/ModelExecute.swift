import Execution
import Keyspace
import Redis
import Tensors

/// `AI.MODELEXECUTE key INPUTS n tensor ... OUTPUTS n tensor ... [TIMEOUT ms]`
public struct ModelExecute: RunCommand {
    /// Words of the shortest call, the command's name included.
    public static let leastWordCount = 8

    /// But for one of an error's text. To ask for the lengths of all would take a fiftieth of a short run.
    public static var copiesWords: Bool { false }

    public let request: ModelRequest

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        request = try Self.request(&words, for: nil)
    }

    public static func checkKey(
        of words: ArgumentReader, in context: borrowing RedisContext
    ) throws(CommandError) {
        var words = words
        _ = try request(&words, for: try ModelGet.model(at: words[1], in: context))
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        guard words.count > 1 else { return }
        context.reportKey(at: 1, isWritten: false)
        var position = 2
        while position + 1 < words.count {
            let isOutput = words[position].matches("OUTPUTS")
            guard isOutput || words[position].matches("INPUTS"), let count = words[position + 1].integer,
                count >= 0, count <= words.count - position - 2
            else { return }
            for key in 0..<count { context.reportKey(at: position + 2 + key, isWritten: isOutput) }
            position += 2 + count
        }
    }

    /// - Parameter model: its counts are compared on the way, so that errors come in their order.
    static func request(
        _ words: inout ArgumentReader, for model: Model?
    ) throws(CommandError) -> ModelRequest {
        guard words.count >= leastWordCount, let key = words.next() else { throw .arity("AI.MODELEXECUTE") }
        guard words.take("INPUTS") else { throw .inputsNotSpecified }
        guard let inputCount = words.next()?.integer else { throw .invalidInputCount }
        guard inputCount > 0 else { throw .nonPositiveInputCount }
        try compare(model, inputCount: inputCount)
        guard let inputs = words.next(inputCount) else { throw .inputKeysMissing("AI.MODELEXECUTE") }
        guard words.take("OUTPUTS") else { throw .outputsNotSpecified }
        guard let outputCount = words.next()?.integer else { throw .invalidOutputCount }
        guard outputCount > 0 else { throw .nonPositiveOutputCount }
        try compare(model, inputCount: inputCount, outputCount: outputCount)
        guard let outputs = words.next(outputCount) else { throw .outputKeysMissing("AI.MODELEXECUTE") }
        var timeout = 0
        if words.take("TIMEOUT") {
            guard let word = words.next() else { throw .missingTimeout }
            guard let value = word.integer, value > 0 else { throw .invalidTimeout }
            timeout = value
        }
        if let word = words.next() {
            throw words.haveRoom ? .invalidArgument(word.text) : .wordsTooLong
        }
        return ModelRequest(key: key, inputs: inputs, outputs: outputs, timeoutMilliseconds: timeout)
    }

    private static func compare(
        _ model: Model?, inputCount: Int, outputCount: Int? = nil
    ) throws(CommandError) {
        guard let loaded = model?.build.loadedIfReady else { return }
        guard inputCount == loaded.inputs.count else { throw .execution(.inputCountMismatch) }
        if let outputCount, outputCount != loaded.outputs.count { throw .execution(.outputCountMismatch) }
    }
}
