import Tensors

/// Everything that a client said about a script; what `AI.SCRIPTGET` shows and the RDB file keeps.
public struct ScriptDefinition: RunnableDefinition {
    public typealias Value = Script

    public let device: Device
    public let tag: [UInt8]
    /// Functions that take tensors, keys and arguments as three lists; empty if none were named.
    public let entryPoints: [[UInt8]]
    /// The text, exactly as it was given.
    public let source: SharedBytes

    public init(device: Device, tag: [UInt8], entryPoints: [[UInt8]], source: SharedBytes) {
        self.device = device
        self.tag = tag
        self.entryPoints = entryPoints
        self.source = source
    }

    /// The only runtime with a language of its own.
    public var backend: BackendKind { .torch }

    public func load(by backend: any Backend) throws(ExecutionError) -> any LoadedScript {
        guard let backend = backend as? any ScriptBackend else { throw .withoutScripts(backend.kind) }
        return try backend.compile(self)
    }
}
