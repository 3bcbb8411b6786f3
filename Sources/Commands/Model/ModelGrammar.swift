import Execution
import Keyspace
import Redis
import Tensors

/// The parts of a model's definition that `AI.MODELSTORE` and `AI.MODELSET` write in different grammars.
struct ModelOptions: Sendable {
    let backend: BackendKind
    let device: Device
    let tag: [UInt8]
    let batching: BatchSettings
    let inputNames: [[UInt8]]
    let outputNames: [[UInt8]]

    /// Has the model built and stored.
    ///
    /// - Parameter words: all of the command's, to be sent on.
    func store(
        _ blob: ArgumentSlice, at key: Argument, words: ArgumentReader, named name: StaticString,
        in context: borrowing RedisContext
    ) throws(CommandError) {
        let pieces = blob.map { SharedBytes(RetainedString($0)) }
        try Storage<Model>.store(
            for: backend, on: device, at: key, words: words, named: name, in: context
        ) { () throws(ExecutionError) in try definition(joining: pieces) }
    }

    /// The definition with these pieces of the model.
    /// - Throws: `.outOfMemory` if the pieces cannot be joined.
    private func definition(joining pieces: [SharedBytes]) throws(ExecutionError) -> ModelDefinition {
        guard let bytes = SharedBytes.joined(pieces) else { throw .outOfMemory }
        return ModelDefinition(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: inputNames,
            outputNames: outputNames, bytes: bytes)
    }

    static func backend(_ word: Argument?) throws(CommandError) -> BackendKind {
        guard let word, let kind = word.withBytes({ BackendKind(wireName: $0) }) else {
            throw .unsupportedBackend
        }
        return kind
    }

    static func tag(_ words: inout ArgumentReader) -> [UInt8] {
        guard words.take("TAG") else { return [] }
        return words.next()?.bytes ?? []
    }

    /// A count as the original reads it: any number of at least 0, its fraction dropped.
    static func count(_ word: Argument?) -> Int? {
        if let integer = word?.integer { return integer >= 0 ? integer : nil }
        guard let real = word?.real, real >= 0, real < 9e18 else { return nil }
        return Int(real)
    }

    /// Whether what is left is a TensorFlow model that says itself what its inputs and outputs are called.
    ///
    /// That is a SavedModel in an archive. A graph needs names, so without them anything else is refused.
    static func bringsNames(_ words: ArgumentReader) -> Bool {
        var words = words
        guard words.take("BLOB"), let piece = words.next() else { return false }
        return piece.withBytes { bytes in
            let mark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
            return bytes.count >= mark.count && mark.indices.allSatisfy { bytes[$0] == mark[$0] }
        }
    }

    /// What is left are the model's pieces, at least one.
    static func blob(_ words: inout ArgumentReader) throws(CommandError) -> ArgumentSlice {
        guard words.remaining > 0, let blob = words.next(words.remaining) else { throw .missingModelBlob }
        return blob
    }
}
