import Execution
import Redis
import Tensors

/// Scripts as values of keys: type `AI_SCRIPT`.
extension Script: StoredValue {
    public static var typeName: StaticString { "AI_SCRIPT" }
    public static var encodingVersion: Int { 4 }
    public static var noun: StaticString { "script" }

    /// Takes the source over as it is and has it compiled in the background: a library that is missing, or
    /// a source that no longer compiles, is said when the script is used.
    public static func load(
        from reader: borrowing RDBReader, encodingVersion: Int
    ) throws(RDBError) -> Self {
        let definition = try ScriptFields.read(reader, encodingVersion: encodingVersion)
        do throws(ExecutionError) {
            let script = try ModuleState.current.scheduler.loading(definition)
            ModuleState.current.scriptDirectory.note(script, at: reader.place)
            guard let value = script as? Self else { preconditionFailure("a script of another class") }
            return value
        } catch {
            throw .invalid("the threads for its device could not be started")
        }
    }

    /// Takes no lock: a forked child saves too, where a lock's owner does not exist.
    public func save(to writer: borrowing RDBWriter) {
        writer.write(definition.device.text + [0])
        writer.write(definition.tag)
        writer.write(definition.sourceBytes + [0])
        writer.write(count: definition.entryPoints.count)
        for name in definition.entryPoints { writer.write(name + [0]) }
    }

    /// The older command for a script without entry points: the newer one needs some.
    public func rewrite(to writer: borrowing AOFWriter) {
        var words = CommandWords()
        words.append(writer.key)
        words.append(bytes: definition.device.text)
        words.append("TAG")
        words.append(bytes: definition.tag)
        if !definition.entryPoints.isEmpty {
            words.append("ENTRY_POINTS")
            words.append(definition.entryPoints.count)
            for name in definition.entryPoints { words.append(bytes: name) }
        }
        words.append("SOURCE")
        definition.source.withBytes { words.append(bytes: $0) }
        writer.write(definition.entryPoints.isEmpty ? "AI.SCRIPTSET" : "AI.SCRIPTSTORE", words)
    }

    public func digest(to writer: borrowing DigestWriter) {
        writer.add(definition.device.text)
        writer.add(definition.tag)
        for name in definition.entryPoints { writer.add(name) }
        definition.source.withBytes { writer.add($0) }
        writer.endSequence()
    }

    public var memoryUsage: Int { memoryByteCount }

    public var freeEffort: Int { memoryByteCount >> 16 }

    public func copied(to destination: CopyDestination) -> Self {
        let script = copied()
        ModuleState.current.scriptDirectory.note(script, at: destination.place)
        guard let value = script as? Self else { preconditionFailure("a script of another class") }
        return value
    }

    public func leftKeyspace() { ModuleState.current.scriptDirectory.forget(self) }
}

extension ScriptDefinition {
    /// A copy of the source.
    public var sourceBytes: [UInt8] { source.withBytes { bytes in bytes.indices.map { bytes[$0] } } }
}

/// Reads a script's fields from an RDB payload.
enum ScriptFields {
    static func read(
        _ reader: borrowing RDBReader, encodingVersion: Int
    ) throws(RDBError) -> ScriptDefinition {
        let device = try RunnableFields.device(reader)
        // The oldest encoding ends the tag with a NUL.
        let tag = encodingVersion == 0 ? try RunnableFields.terminated(reader) : try reader.bytes()
        let source = try RunnableFields.terminated(reader)
        let entryPoints = encodingVersion < 3 ? [] : try RunnableFields.names(reader)
        return ScriptDefinition(
            device: device, tag: tag, entryPoints: entryPoints, source: SharedBytes(source))
    }
}
