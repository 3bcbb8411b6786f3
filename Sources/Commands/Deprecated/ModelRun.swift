import Execution
import Redis

/// `AI.MODELRUN key [TIMEOUT ms] INPUTS tensor ... OUTPUTS tensor ...`: the older spelling of
/// `AI.MODELEXECUTE`.
public struct ModelRun: RunCommand {
    /// Words of the shortest call, the command's name included.
    public static let leastWordCount = 6

    public let request: ModelRequest

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= Self.leastWordCount, let key = words.next() else { throw .arity("AI.MODELRUN") }
        var timeout = 0
        if words.take("TIMEOUT") {
            guard let value = words.next()?.integer, value > 0 else { throw .invalidTimeout }
            timeout = value
        }
        guard words.take("INPUTS") else { throw .inputsNotSpecified }
        let start = words.position
        while let word = words.peek, !word.matches("OUTPUTS") { _ = words.next() }
        let inputs = ArgumentSlice(words: words, indices: start..<words.position)
        _ = words.take("OUTPUTS")
        let outputs = ArgumentSlice(words: words, indices: words.position..<words.count)
        request = ModelRequest(key: key, inputs: inputs, outputs: outputs, timeoutMilliseconds: timeout)
    }

    public static func checkKey(
        of words: ArgumentReader, in context: borrowing RedisContext
    ) throws(CommandError) {
        _ = try ModelGet.model(at: words[1], in: context)
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        guard words.count > 1 else { return }
        context.reportKey(at: 1, isWritten: false)
        guard let start = (2..<words.count).first(where: { words[$0].matches("INPUTS") }) else { return }
        var isOutput = false
        for position in start + 1..<words.count {
            if !isOutput, words[position].matches("OUTPUTS") {
                isOutput = true
            } else {
                context.reportKey(at: position, isWritten: isOutput)
            }
        }
    }
}
