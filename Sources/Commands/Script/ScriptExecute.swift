import Execution
import Keyspace
import Redis

/// `AI.SCRIPTEXECUTE key function [KEYS n key ...] [INPUTS n tensor ...] [ARGS n word ...]
/// [OUTPUTS n tensor ...] [TIMEOUT ms]`
public struct ScriptExecute: RunCommand {
    /// Words of the shortest call, the command's name included.
    public static let leastWordCount = 3

    public let request: ScriptRequest

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        request = try Self.request(&words, isInDAG: false)
    }

    public static func checkKey(
        of words: ArgumentReader, in context: borrowing RedisContext
    ) throws(CommandError) {
        _ = try ScriptGet.script(at: words[1], in: context)
    }

    /// Keys of KEYS may be read and changed: what the script does with them is not known.
    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {
        guard words.count > 1 else { return }
        context.reportKey(at: 1, isWritten: false)
        eachSection(of: words) { section, positions in
            for position in positions {
                switch section {
                case .keys: context.reportUpdatedKey(at: position)
                case .inputs: context.reportKey(at: position, isWritten: false)
                case .outputs: context.reportKey(at: position, isWritten: true)
                case .arguments: break
                }
            }
        }
    }

    /// Shows which words belong to each section, up to one that is wrong.
    static func eachSection(
        of words: ArgumentReader, _ visit: (ScriptError.Section, Range<Int>) -> Void
    ) {
        var position = 3
        while position + 1 < words.count {
            guard let section = section(words[position]), let count = words[position + 1].integer,
                count <= words.count - position - 2
            else { return }
            let start = position + 2
            position = start + max(0, count)
            visit(section, start..<position)
        }
    }

    private static func section(_ word: Argument) -> ScriptError.Section? {
        if word.matches("KEYS") { return .keys }
        if word.matches("INPUTS") { return .inputs }
        if word.matches("OUTPUTS") { return .outputs }
        return word.matches("ARGS") ? .arguments : nil
    }

    /// - Parameter isInDAG: no section need be there, and a TIMEOUT must not.
    static func request(
        _ words: inout ArgumentReader, isInDAG: Bool
    ) throws(CommandError) -> ScriptRequest {
        guard words.count >= leastWordCount, let key = words.next(), let function = words.next() else {
            throw .arity("AI.SCRIPTEXECUTE")
        }
        if !isInDAG {
            guard let first = words.peek, first.matches("KEYS") || first.matches("INPUTS") else {
                throw .script(.keysOrInputsNotFirst)
            }
        }
        var sections = ScriptSections()
        var request = ScriptRequest(key: key, function: function)
        while words.remaining > 0 {
            if try sections.read(&words, into: &request) { continue }
            guard words.take("TIMEOUT") else {
                throw .script(.unexpectedWord(words.next()?.text ?? ""))
            }
            guard let word = words.next() else { throw .script(.timeoutMissing) }
            guard let value = word.integer, value > 0 else { throw .invalidTimeout }
            guard words.remaining == 0 else { throw .script(.wordsBehindTimeout) }
            guard !isInDAG else { throw .dag(.timeoutOfCommand) }
            request.timeoutMilliseconds = value
        }
        return request
    }
}

/// The sections that have been read: each may come once.
private struct ScriptSections {
    private var hasKeys = false
    private var hasInputs = false
    private var hasArguments = false
    private var hasOutputs = false

    /// Reads the next section.
    /// - Returns: false if no section begins here; nothing is taken then.
    mutating func read(
        _ words: inout ArgumentReader, into request: inout ScriptRequest
    ) throws(CommandError) -> Bool {
        if words.take("KEYS") {
            request.keys = try Self.keys(&words, &hasKeys)
        } else if words.take("INPUTS") {
            request.inputs = try Self.words(&words, .inputs, &hasInputs)
        } else if words.take("ARGS") {
            request.arguments = try Self.words(&words, .arguments, &hasArguments)
        } else if words.take("OUTPUTS") {
            request.outputs = try Self.words(&words, .outputs, &hasOutputs)
        } else {
            return false
        }
        return true
    }

    private static func keys(
        _ words: inout ArgumentReader, _ isThere: inout Bool
    ) throws(CommandError) -> [Argument] {
        guard !isThere else { throw .script(.repeatedSection(.keys)) }
        isThere = true
        guard words.remaining >= 2 else { throw .script(.keysWordsMissing) }
        guard let count = words.next()?.integer, count > 0 else { throw .script(.invalidKeyCount) }
        guard let keys = words.next(count) else { throw .script(.keysMissing) }
        return Array(keys)
    }

    private static func words(
        _ words: inout ArgumentReader, _ section: ScriptError.Section, _ isThere: inout Bool
    ) throws(CommandError) -> [Argument] {
        guard !isThere else { throw .script(.repeatedSection(section)) }
        isThere = true
        guard let word = words.next() else { throw .script(.wordsMissing) }
        guard let count = word.integer else { throw .script(.invalidCount(section)) }
        // Less than none has always meant none.
        guard let list = words.next(max(0, count)) else { throw .script(.tooFewWords(section)) }
        return Array(list)
    }
}
