import Execution
import Redis
import Tensors

/// The commands of a DAG that another module or a flow gives as text: read as those of `AI.DAGEXECUTE` are.
public enum DagFragment {
    /// One of its commands; names are copies, since the words are gone by the time of the run.
    public enum Operation: Sendable {
        case set(name: [UInt8], Tensor)
        case get(name: [UInt8])
        case run(Work, inputs: [[UInt8]], outputs: [[UInt8]])
    }

    /// Whether a text begins as it must.
    public static func isBegun(by word: [UInt8]) -> Bool {
        word == Array("\(DagSplit.separator)".utf8)
    }

    /// Reads commands, each behind a `|>`, with the keys of the context's database and nobody's rights.
    ///
    /// The formats of `AI.TENSORGET` mean nothing here.
    /// - Parameter words: the first is a `|>`.
    public static func operations(
        _ words: [[UInt8]], in context: borrowing RedisContext
    ) throws(CommandError) -> [Operation] {
        let rights = ClientRights.unlimited
        return try operations(words, in: context, by: rights, asking: nil)
    }

    /// The same in somebody's name.
    ///
    /// - Parameters:
    ///   - rights: of whoever gives the text.
    ///   - server: what scripts may ask; nil for nothing.
    public static func operations(
        _ words: [[UInt8]], in context: borrowing RedisContext, by rights: borrowing ClientRights,
        asking server: ScriptAccess?
    ) throws(CommandError) -> [Operation] {
        var strings = CommandWords()
        strings.append("AI.DAGEXECUTE")
        for word in words { strings.append(bytes: word) }
        var read: Result<[Operation], CommandError> = .success([])
        strings.withReader { words in
            do throws(CommandError) {
                read = .success(try operations(words, in: context, by: rights, asking: server))
            } catch {
                read = .failure(error)
            }
        }
        return try read.get()
    }

    private static func operations(
        _ words: ArgumentReader, in context: borrowing RedisContext, by rights: borrowing ClientRights,
        asking server: ScriptAccess?
    ) throws(CommandError) -> [Operation] {
        var split = DagSplit(words)
        guard !split.endsOpen else { throw .dag(.unexpectedWord("\(DagSplit.separator)")) }
        var operations: [Operation] = []
        while let range = split.next() {
            let operation = try DagOperation(
                parsing: words[range], as: .execute, in: context, by: rights)
            operations.append(try copy(operation, asking: server))
        }
        return operations
    }

    private static func copy(
        _ operation: DagOperation, asking server: ScriptAccess?
    ) throws(CommandError) -> Operation {
        switch operation {
        case .set(let name, let tensor): .set(name: name.bytes, tensor)
        case .get(let name, _): .get(name: name.bytes)
        case .run(let model, let inputs, let outputs):
            .run(.model(model), inputs: inputs.map(\.bytes), outputs: outputs.map(\.bytes))
        case .call(let script, let call):
            .run(
                try call.work(script, server), inputs: call.inputs.map(\.bytes),
                outputs: call.outputs.map(\.bytes))
        }
    }
}
