import Execution
import Redis

/// `AI.SCRIPTRUN key function [TIMEOUT ms] [INPUTS tensor ... [$ tensor ...]] [OUTPUTS tensor ...]`: the
/// older spelling of `AI.SCRIPTEXECUTE`, without counts, keys and arguments.
public struct ScriptRun: RunCommand {
    /// Words of the shortest call, the command's name included.
    public static let leastWordCount = 3

    public let request: ScriptRequest

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= Self.leastWordCount, let key = words.next(), let function = words.next() else {
            throw .arity("AI.SCRIPTRUN")
        }
        var sections = ScriptRunSections(ScriptRequest(key: key, function: function))
        while let word = words.next() { try sections.take(word, &words) }
        request = sections.request
    }

    public static func checkKey(
        of words: ArgumentReader, in context: borrowing RedisContext
    ) throws(CommandError) {
        _ = try ScriptGet.script(at: words[1], in: context)
    }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        guard words.count > 1 else { return }
        context.reportKey(at: 1, isWritten: false)
        var isInput = false
        var isOutput = false
        var position = 3
        while position < words.count {
            let word = words[position]
            if word.matches("TIMEOUT") {
                position += 1
            } else if word.matches("INPUTS") || word.matches("OUTPUTS") {
                (isInput, isOutput) = (word.matches("INPUTS"), word.matches("OUTPUTS"))
            } else if isInput || isOutput, !word.matches("$") {
                context.reportKey(at: position, isWritten: isOutput)
            }
            position += 1
        }
    }
}

/// What has been read of an `AI.SCRIPTRUN`.
private struct ScriptRunSections {
    private enum Section {
        case none
        case inputs
        case outputs
    }

    private(set) var request: ScriptRequest
    private var section = Section.none
    private var hasInputs = false
    private var hasList = false

    init(_ request: ScriptRequest) { self.request = request }

    /// - Parameter words: those behind the word.
    mutating func take(_ word: Argument, _ words: inout ArgumentReader) throws(CommandError) {
        if word.matches("TIMEOUT") {
            guard request.timeoutMilliseconds == 0 else { throw .script(.repeatedTimeout) }
            guard let value = words.next()?.integer, value > 0 else { throw .invalidTimeout }
            request.timeoutMilliseconds = value
        } else if word.matches("INPUTS") {
            guard section != .outputs else { throw .script(.inputsBehindOutputs) }
            guard !hasInputs else { throw .script(.repeatedInputs) }
            (section, hasInputs) = (.inputs, true)
        } else if word.matches("OUTPUTS") {
            guard section != .outputs else { throw .script(.repeatedOutputs) }
            section = .outputs
        } else if word.matches("$") {
            // It marks for the reader where a function's list begins; tensors go to parameters in order.
            guard section == .inputs else { throw .script(.listOutsideInputs) }
            guard !hasList else { throw .script(.repeatedList) }
            hasList = true
        } else {
            switch section {
            case .none: throw .script(.unknownParameter)
            case .inputs: request.inputs.append(word)
            case .outputs: request.outputs.append(word)
            }
        }
    }
}
