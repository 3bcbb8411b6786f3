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
        var position = 3
        while position + 1 < words.count {
            let word = words[position]
            guard let section = ["KEYS", "INPUTS", "OUTPUTS", "ARGS"].first(where: { word.matches($0) }),
                let count = words[position + 1].integer, count <= words.count - position - 2
            else { return }
            position += 2
            for place in position..<position + max(0, count) {
                switch "\(section)" {
                case "KEYS": context.reportUpdatedKey(at: place)
                case "INPUTS": context.reportKey(at: place, isWritten: false)
                case "OUTPUTS": context.reportKey(at: place, isWritten: true)
                default: break
                }
            }
            position += max(0, count)
        }
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
