import Tensors

/// The server during one run of a script.
final class ScriptHost: ScriptServer {
    private let keyspace: any ScriptKeyspace
    private let slot: RunSlot
    private let began: Int

    /// - Parameters:
    ///   - slot: that of the script's run.
    ///   - began: when that began, on the clock `Monotonic`.
    init(_ keyspace: any ScriptKeyspace, slot: RunSlot, began: Int) {
        self.keyspace = keyspace
        self.slot = slot
        self.began = began
    }

    func execute(_ command: [UInt8], _ arguments: [[UInt8]]) throws(ScriptServerError) -> ScriptReply {
        // Of a lost run the client has been answered: nothing may change in its name any more.
        try keyspace.execute(command, arguments, if: { !slot.isLost })
    }

    /// The model does not wait in its queue, where it might wait for this very thread. Its run counts in its
    /// statistics like another, and ends with the script's time.
    func runModel(
        _ key: [UInt8], inputs: [Tensor], outputCount: Int
    ) throws(ScriptServerError) -> [Tensor] {
        let model = try keyspace.model(at: key)
        do throws(ExecutionError) {
            let outputs = try model.run(
                inputs, outputCount: outputCount, slot: slot.nested, waitingSince: Monotonic.nanoseconds,
                limitSince: began)
            let tensors = outputs.compactMap { $0 }
            guard tensors.count == outputs.count else { throw .unexpectedOutputCount }
            return tensors
        } catch {
            throw ScriptServerError(keyspace.words(of: error))
        }
    }
}
