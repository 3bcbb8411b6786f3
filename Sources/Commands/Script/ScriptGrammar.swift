import Execution
import Keyspace
import Redis
import Tensors

/// The parts of a script's definition that `AI.SCRIPTSTORE` and `AI.SCRIPTSET` write in different grammars.
struct ScriptOptions: Sendable {
    let device: Device
    let tag: [UInt8]
    let entryPoints: [[UInt8]]

    /// Has the script compiled and stored.
    ///
    /// - Parameter words: all of the command's, to be sent on.
    func store(
        _ source: Argument, at key: Argument, words: ArgumentReader, named name: StaticString,
        in context: borrowing RedisContext
    ) throws(CommandError) {
        let source = SharedBytes(RetainedString(source))
        try Storage<Script>.store(
            for: .torch, on: device, at: key, words: words, named: name, in: context
        ) { () throws(ExecutionError) in
            ScriptDefinition(device: device, tag: tag, entryPoints: entryPoints, source: source)
        }
    }

    static func source(_ words: inout ArgumentReader) throws(CommandError) -> Argument {
        guard words.take("SOURCE"), let source = words.next() else { throw .script(.sourceMissing) }
        return source
    }

    /// What is wrong with the device has always been said by the runtime, after all that is said of words.
    static func device(_ word: Argument) throws(CommandError) -> Device {
        guard let device = Device(word.bytes) else { throw .unsupportedDevice(.torch) }
        return device
    }
}
