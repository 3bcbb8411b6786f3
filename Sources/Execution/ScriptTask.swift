import Tensors

/// A call of a script as a step of a plan: all but the tensors, which come from slots.
public final class ScriptTask: Sendable {
    public let script: Script
    private let function: [UInt8]
    private let keys: [[UInt8]]
    private let arguments: [[UInt8]]
    private let keyspace: (any ScriptKeyspace)?

    /// - Parameter keyspace: what the script may ask; nil for nothing.
    public init(
        _ script: Script, function: [UInt8], keys: [[UInt8]], arguments: [[UInt8]],
        keyspace: (any ScriptKeyspace)?
    ) {
        self.script = script
        self.function = function
        self.keys = keys
        self.arguments = arguments
        self.keyspace = keyspace
    }

    func run(
        _ inputs: [Tensor], outputCount: Int, slot: RunSlot, waitingSince: Int?
    ) throws(ExecutionError) -> [Tensor?] {
        let call = ScriptCall(
            function, inputs: inputs, keys: keys, arguments: arguments, outputCount: outputCount)
        return try script.run(call, in: keyspace, slot: slot, waitingSince: waitingSince)
    }
}
