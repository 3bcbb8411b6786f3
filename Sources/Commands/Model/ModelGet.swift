import Execution
import Keyspace
import Redis
import Tensors

/// `AI.MODELGET key [META] [BLOB]`
public struct ModelGet: Command {
    let key: Argument
    private(set) var hasMeta = false
    private(set) var hasBlob = false

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard (2...4).contains(words.count), let key = words.next() else { throw .arity("AI.MODELGET") }
        self.key = key
        while let word = words.next() {
            // Unknown words have always been passed over.
            if word.matches("META") { hasMeta = true }
            if word.matches("BLOB") { hasBlob = true }
        }
        if !hasMeta, !hasBlob { (hasMeta, hasBlob) = (true, true) }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let model = try Self.model(at: key, in: context)
        guard hasMeta else { return context.replyBlob(of: model) }
        let definition = model.definition
        context.reply(arrayOf: hasBlob ? 18 : 16)
        context.reply(bulk: "backend")
        context.reply(bulk: definition.backend.wireName)
        context.reply(bulk: "device")
        context.reply(bulk: definition.device.text)
        context.reply(bulk: "tag")
        context.reply(bulk: definition.tag)
        context.reply(bulk: "batchsize")
        context.reply(integer: definition.batching.maximumSize)
        context.reply(bulk: "minbatchsize")
        context.reply(integer: definition.batching.minimumSize)
        context.reply(bulk: "inputs")
        context.reply(names: model.inputNames)
        context.reply(bulk: "outputs")
        context.reply(names: model.outputNames)
        context.reply(bulk: "minbatchtimeout")
        context.reply(integer: definition.batching.minimumTimeoutMilliseconds)
        guard hasBlob else { return }
        context.reply(bulk: "blob")
        context.replyBlob(of: model)
    }

    /// The model that a key holds.
    /// - Throws: `.modelMissing`, `.wrongType`.
    @inline(__always)
    static func model(at key: Argument, in context: borrowing RedisContext) throws(CommandError) -> Model {
        let model: Model?
        do throws(WrongType) {
            model = try context.read(key).value(ModuleState.current.models)
        } catch {
            throw .wrongType
        }
        guard let model else { throw .modelMissing }
        return model
    }
}

extension RedisContext {
    fileprivate func reply(names: [[UInt8]]) {
        reply(arrayOf: names.count)
        for name in names { reply(bulk: name) }
    }

    /// One string, or an array of pieces if it is longer than one may be.
    fileprivate func replyBlob(of model: Model) {
        model.definition.bytes.withBytes { bytes in
            let chunks = ModelChunks(
                byteCount: bytes.count, chunkSize: ModuleState.current.settings.chunkSize)
            if chunks.count > 1 { reply(arrayOf: chunks.count) }
            for range in chunks { reply(bytes: bytes.extracting(range)) }
        }
    }
}
