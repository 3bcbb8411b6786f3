import Execution
import Redis
import Tensors

/// Models as values of keys: type `AI__MODEL`.
extension Model: StoredValue {
    public static var typeName: StaticString { "AI__MODEL" }
    public static var encodingVersion: Int { 4 }
    public static var noun: StaticString { "model" }

    /// Takes the bytes over as they are and has them built in the background: a library that is missing,
    /// or a model that no longer loads, is said when the model is used.
    public static func load(
        from reader: borrowing RDBReader, encodingVersion: Int
    ) throws(RDBError) -> Self {
        let definition =
            switch encodingVersion {
            case 0: try ModelFields.readVersion0(reader)
            case 1: try ModelFields.readVersion1(reader)
            default: try ModelFields.readVersion4(reader)
            }
        do throws(ExecutionError) {
            let model = try ModuleState.current.scheduler.loading(definition)
            ModuleState.current.modelDirectory.note(model, at: reader.place)
            guard let value = model as? Self else { preconditionFailure("a model of another class") }
            return value
        } catch {
            throw .invalid("the threads for its device could not be started")
        }
    }

    /// Takes no lock: a forked child saves too, where a lock's owner does not exist.
    public func save(to writer: borrowing RDBWriter) {
        writer.write(unsigned: UInt64(definition.backend.rawValue))
        writer.write(definition.device.text + [0])
        writer.write(definition.tag)
        writer.write(count: definition.batching.maximumSize)
        writer.write(count: definition.batching.minimumSize)
        writer.write(count: definition.batching.minimumTimeoutMilliseconds)
        for names in [inputNames, outputNames] {
            writer.write(count: names.count)
            for name in names { writer.write(name + [0]) }
        }
        definition.bytes.withBytes { bytes in
            let chunks = ModelChunks(
                byteCount: bytes.count, chunkSize: ModuleState.current.settings.chunkSize)
            writer.write(count: bytes.count)
            writer.write(count: chunks.count)
            for range in chunks { writer.write(bytes.extracting(range)) }
        }
    }

    public func rewrite(to writer: borrowing AOFWriter) {
        writer.write("AI.MODELSTORE", commandWords(key: writer.key))
    }

    public func digest(to writer: borrowing DigestWriter) {
        writer.add(Int(definition.backend.rawValue))
        writer.add(definition.device.text)
        writer.add(definition.tag)
        writer.add(definition.batching.maximumSize)
        writer.add(definition.batching.minimumSize)
        writer.add(definition.batching.minimumTimeoutMilliseconds)
        definition.bytes.withBytes { writer.add($0) }
        writer.endSequence()
    }

    public var memoryUsage: Int { memoryByteCount }

    /// Bytes and session: worth the background from a few MiB on.
    public var freeEffort: Int { memoryByteCount >> 16 }

    public func copied(to destination: CopyDestination) -> Self {
        let model = copied()
        ModuleState.current.modelDirectory.note(model, at: destination.place)
        guard let value = model as? Self else { preconditionFailure("a model of another class") }
        return value
    }

    public func leftKeyspace() {
        ModuleState.current.modelDirectory.forget(self)
        leaveKeys()
    }

    private func commandWords(key: Argument) -> CommandWords {
        var words = CommandWords()
        words.append(key)
        words.append(definition.backend.wireName)
        words.append(bytes: definition.device.text)
        words.append("TAG")
        words.append(bytes: definition.tag)
        words.append("BATCHSIZE")
        words.append(definition.batching.maximumSize)
        words.append("MINBATCHSIZE")
        words.append(definition.batching.minimumSize)
        words.append("MINBATCHTIMEOUT")
        words.append(definition.batching.minimumTimeoutMilliseconds)
        // A SavedModel brings its names.
        if definition.backend == .tensorFlow, !definition.inputNames.isEmpty {
            words.append("INPUTS", counted: definition.inputNames)
            words.append("OUTPUTS", counted: definition.outputNames)
        }
        words.append("BLOB")
        definition.bytes.withBytes { bytes in
            for range in ModelChunks(
                byteCount: bytes.count, chunkSize: ModuleState.current.settings.chunkSize)
            {
                words.append(bytes: bytes.extracting(range))
            }
        }
        return words
    }
}

extension CommandWords {
    fileprivate mutating func append(_ keyword: StaticString, counted names: [[UInt8]]) {
        append(keyword)
        append(names.count)
        for name in names { append(bytes: name) }
    }
}

/// The ranges of the pieces in which a model's bytes go out, at least one.
public struct ModelChunks: Sequence {
    private let byteCount: Int
    private let chunkSize: Int

    public init(byteCount: Int, chunkSize: Int) {
        self.byteCount = byteCount
        self.chunkSize = chunkSize
    }

    public var count: Int {
        // Not by adding first: the chunk size may be as large as a number can be.
        Swift.max(1, byteCount / chunkSize + (byteCount.isMultiple(of: chunkSize) ? 0 : 1))
    }

    public func makeIterator() -> some IteratorProtocol<Range<Int>> {
        (0..<count).lazy.map { index in
            let start = index * chunkSize
            return start..<start + Swift.min(byteCount - start, chunkSize)
        }.makeIterator()
    }
}

/// Reads a model's fields from an RDB payload.
enum ModelFields {
    static func readVersion4(_ reader: borrowing RDBReader) throws(RDBError) -> ModelDefinition {
        let backend = try backend(reader)
        let device = try RunnableFields.device(reader)
        let tag = try reader.bytes()
        let batching = BatchSettings(
            maximumSize: try reader.count(), minimumSize: try reader.count(),
            minimumTimeoutMilliseconds: try reader.count())
        let inputs = try RunnableFields.names(reader)
        let outputs = try RunnableFields.names(reader)
        return ModelDefinition(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: inputs,
            outputNames: outputs, bytes: try chunks(reader))
    }

    static func backend(_ reader: borrowing RDBReader) throws(RDBError) -> BackendKind {
        guard let number = UInt8(exactly: try reader.unsigned()), let kind = BackendKind(rawValue: number)
        else { throw .invalid("an unknown backend") }
        return kind
    }

    static func chunks(_ reader: borrowing RDBReader) throws(RDBError) -> SharedBytes {
        let total = try reader.count()
        var pieces: [SharedBytes] = []
        var sum = 0
        for _ in 0..<(try reader.count()) {
            let piece = SharedBytes(try reader.block())
            sum += piece.count
            if piece.count > 0 { pieces.append(piece) }
        }
        guard sum == total else { throw .invalid("pieces of a model that are not its length") }
        guard let bytes = SharedBytes.joined(pieces) else { throw .invalid("not enough memory") }
        return bytes
    }
}
