import Execution
import Redis

/// `AI.MODELSET key backend device [TAG tag] [BATCHSIZE n [MINBATCHSIZE m [MINBATCHTIMEOUT t]]]
/// [INPUTS name ... OUTPUTS name ...] BLOB piece ...`: the older spelling of `AI.MODELSTORE`.
public struct ModelSet: Command {
    let key: Argument
    let options: ModelOptions
    let blob: ArgumentSlice
    let words: ArgumentReader

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= 4, let key = words.next() else { throw .arity("AI.MODELSET") }
        self.key = key
        let backend = try ModelOptions.backend(words.next())
        guard let deviceWord = words.next(), !Self.isKeyword(deviceWord), deviceWord.byteCount <= 10 else {
            throw .invalidDevice
        }
        let tag = ModelOptions.tag(&words)
        let batching = try Self.batching(&words, backend)
        let names = try Self.names(&words, backend)
        guard words.take("BLOB") else { throw .missingModelBlob }
        blob = try ModelOptions.blob(&words)
        // The older grammar takes any word for a device, so what is wrong with it is said last.
        guard let device = Device(deviceWord.bytes) else { throw .unsupportedDevice(backend) }
        options = ModelOptions(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: names.inputs,
            outputNames: names.outputs)
        self.words = words
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try options.store(blob, at: key, words: words, named: "AI.MODELSET", in: context)
    }

    private static func isKeyword(_ word: Argument) -> Bool {
        let keywords: [StaticString] = [
            "INPUTS", "OUTPUTS", "TAG", "BATCHSIZE", "MINBATCHSIZE", "MINBATCHTIMEOUT", "BLOB",
        ]
        return keywords.contains { word.matches($0) }
    }

    private static func batching(
        _ words: inout ArgumentReader, _ backend: BackendKind
    ) throws(CommandError) -> BatchSettings {
        var settings = BatchSettings()
        if words.take("BATCHSIZE") {
            guard backend != .tensorFlowLite else { throw .batchingNotSupported }
            guard let size = ModelOptions.count(words.next()) else { throw .invalidBatchSize }
            settings.maximumSize = size
        }
        if words.take("MINBATCHSIZE") {
            guard settings.maximumSize > 0 else { throw .minimumBatchSizeWithoutBatchSize }
            guard let size = ModelOptions.count(words.next()) else { throw .invalidMinimumBatchSize }
            settings.minimumSize = size
        }
        if words.take("MINBATCHTIMEOUT") {
            guard settings.maximumSize > 0 else { throw .minimumBatchTimeoutWithoutBatchSize }
            guard settings.minimumSize > 0 else { throw .minimumBatchTimeoutWithoutMinimumBatchSize }
            guard let timeout = ModelOptions.count(words.next()) else { throw .invalidMinimumBatchTimeout }
            settings.minimumTimeoutMilliseconds = timeout
        }
        guard settings.minimumSize <= settings.maximumSize else { throw .minimumBatchSizeTooLarge }
        return settings
    }

    /// For TensorFlow the names up to `OUTPUTS` and up to `BLOB`; others ignore what stands there.
    private static func names(
        _ words: inout ArgumentReader, _ backend: BackendKind
    ) throws(CommandError) -> (inputs: [[UInt8]], outputs: [[UInt8]]) {
        guard backend == .tensorFlow else {
            while let word = words.peek, !word.matches("BLOB") { _ = words.next() }
            return ([], [])
        }
        guard let first = words.peek, !first.matches("BLOB") else {
            guard ModelOptions.bringsNames(words) else { throw .inputsAndOutputsNotSpecified }
            return ([], [])
        }
        guard words.take("INPUTS") else { throw .inputsNotSpecified }
        let inputs = names(&words, upTo: "OUTPUTS")
        guard words.take("OUTPUTS") else { throw .outputsNotSpecified }
        return (inputs, names(&words, upTo: "BLOB"))
    }

    private static func names(_ words: inout ArgumentReader, upTo end: StaticString) -> [[UInt8]] {
        var names: [[UInt8]] = []
        while let word = words.peek, !word.matches(end), !word.matches("BLOB") {
            names.append(word.bytes)
            _ = words.next()
        }
        return names
    }
}
