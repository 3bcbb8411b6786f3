import Execution
import Keyspace
import Redis
import Tensors

/// `AI.MODELSTORE key backend device [TAG tag] [BATCHSIZE n [MINBATCHSIZE m [MINBATCHTIMEOUT t]]]
/// [INPUTS n name ... OUTPUTS n name ...] BLOB piece ...`
public struct ModelStore: Command {
    let key: Argument
    let options: ModelOptions
    let blob: ArgumentSlice
    let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= 6, let key = words.next() else { throw .arity("AI.MODELSTORE") }
        self.key = key
        let backend = try ModelOptions.backend(words.next())
        guard let device = words.next().flatMap({ Device($0.bytes) }) else { throw .invalidDevice }
        let tag = ModelOptions.tag(&words)
        let batching = try Self.batching(&words)
        guard words.remaining > 0 else { throw .missingModelBlob }
        let names = try Self.names(&words, backend)
        guard words.take("BLOB") else { throw .expectedBlob }
        options = ModelOptions(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: names.inputs,
            outputNames: names.outputs)
        blob = try ModelOptions.blob(&words)
        self.words = words
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try options.store(blob, at: key, words: words, named: "AI.MODELSTORE", in: context)
    }

    private static func batching(_ words: inout ArgumentReader) throws(CommandError) -> BatchSettings {
        var settings = BatchSettings()
        if words.take("BATCHSIZE") {
            guard let size = ModelOptions.count(words.next()) else { throw .invalidBatchSize }
            settings.maximumSize = size
        }
        if words.take("MINBATCHSIZE") {
            guard let size = ModelOptions.count(words.next()) else { throw .invalidMinimumBatchSize }
            guard size == 0 || settings.maximumSize > 0 else { throw .minimumBatchSizeWithoutBatchSize }
            settings.minimumSize = size
        }
        if words.take("MINBATCHTIMEOUT") {
            guard let timeout = ModelOptions.count(words.next()) else { throw .invalidMinimumBatchTimeout }
            guard timeout == 0 || settings.minimumSize > 0 else {
                throw .minimumBatchTimeoutWithoutMinimumBatchSize
            }
            settings.minimumTimeoutMilliseconds = timeout
        }
        guard settings.minimumSize <= settings.maximumSize else { throw .minimumBatchSizeTooLarge }
        return settings
    }

    private static func names(
        _ words: inout ArgumentReader, _ backend: BackendKind
    ) throws(CommandError) -> (inputs: [[UInt8]], outputs: [[UInt8]]) {
        let hasInputs = words.take("INPUTS")
        guard backend == .tensorFlow else {
            guard !hasInputs else { throw .inputsNotForThisBackend }
            return ([], [])
        }
        guard hasInputs else {
            guard ModelOptions.bringsNames(words) else { throw .inputsNotSpecifiedForTensorFlow }
            return ([], [])
        }
        guard let inputCount = ModelOptions.count(words.next()), inputCount > 0 else {
            throw .invalidInputCount
        }
        guard let inputs = words.next(inputCount) else { throw .modelInputNamesMissing }
        guard words.take("OUTPUTS") else { throw .outputsNotSpecifiedForTensorFlow }
        guard let outputCount = ModelOptions.count(words.next()), outputCount > 0 else {
            throw .invalidOutputCount
        }
        guard let outputs = words.next(outputCount) else { throw .modelOutputNamesMissing }
        return (inputs.map(\.bytes), outputs.map(\.bytes))
    }
}
