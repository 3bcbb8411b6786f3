import Tensors

/// Everything that a client said about a model; what `AI.MODELGET` shows and the RDB file keeps.
public struct ModelDefinition: RunnableDefinition {
    public typealias Value = Model

    public let backend: BackendKind
    public let device: Device
    /// Empty if none was given.
    public let tag: [UInt8]
    public let batching: BatchSettings
    /// Names given by the client or saved with the model; for most backends the model itself knows them.
    public let inputNames: [[UInt8]]
    public let outputNames: [[UInt8]]
    /// The model, exactly as it was given.
    public let bytes: SharedBytes

    public init(
        backend: BackendKind, device: Device, tag: [UInt8], batching: BatchSettings,
        inputNames: [[UInt8]], outputNames: [[UInt8]], bytes: SharedBytes
    ) {
        self.backend = backend
        self.device = device
        self.tag = tag
        self.batching = batching
        self.inputNames = inputNames
        self.outputNames = outputNames
        self.bytes = bytes
    }

    public func load(by backend: any Backend) throws(ExecutionError) -> any LoadedModel {
        try backend.load(self)
    }
}

/// How requests to one model may be joined into one run.
public struct BatchSettings: Equatable, Sendable {
    /// Rows at which a batch is full; 0 = requests are never joined.
    public var maximumSize: Int
    /// Rows below which a batch waits for more; 0 = it never waits.
    public var minimumSize: Int
    /// Longest wait for `minimumSize` in milliseconds; 0 = no limit.
    public var minimumTimeoutMilliseconds: Int

    public init(maximumSize: Int = 0, minimumSize: Int = 0, minimumTimeoutMilliseconds: Int = 0) {
        self.maximumSize = maximumSize
        self.minimumSize = minimumSize
        self.minimumTimeoutMilliseconds = minimumTimeoutMilliseconds
    }
}
