import Tensors

/// A runtime that also compiles scripts.
public protocol ScriptBackend: Backend {
    /// Compiles a script; may take a tenth of a second.
    ///
    /// - Throws: `.backend` with the compiler's words, or with those about an entry point that is missing or
    ///   has other parameters; `.unsupportedDevice`, `.noGPU`.
    func compile(_ definition: ScriptDefinition) throws(ExecutionError) -> any LoadedScript
}

/// A script that is ready to run. Freed with its last user, on any thread.
///
/// Its runs may overlap, always: one that waits for the server must not keep the server's thread from
/// another.
public protocol LoadedScript: AnyObject, Sendable {
    /// Bytes of memory that the loaded form takes, beside the source.
    var memoryByteCount: Int { get }

    /// Calls a function once, on the calling thread.
    ///
    /// - Parameters:
    ///   - server: what the script may ask of the server; nil where there is none.
    ///   - stop: this run's; see `LoadedModel.run`. A script may loop for ever, so it should be heeded.
    /// - Returns: as many tensors as the call wants; without any, what the function returned is dropped.
    /// - Throws: `.backend` with the runtime's words if the function is missing, its parameters or results
    ///   do not fit, or the run failed or was stopped; `.outOfMemory`.
    func run(
        _ call: ScriptCall, in server: (any ScriptServer)?, stop: RunStop
    ) throws(ExecutionError) -> [Tensor]
}

/// One call of a function of a script.
public struct ScriptCall: Sendable {
    public let function: [UInt8]
    /// Aligned and contiguous.
    public var inputs: [Tensor]
    public let keys: [[UInt8]]
    public let arguments: [[UInt8]]
    /// Tensors that are wanted; 0 = whatever is returned is dropped.
    public let outputCount: Int

    public init(
        _ function: [UInt8], inputs: [Tensor] = [], keys: [[UInt8]] = [], arguments: [[UInt8]] = [],
        outputCount: Int = 0
    ) {
        self.function = function
        self.inputs = inputs
        self.keys = keys
        self.arguments = arguments
        self.outputCount = outputCount
    }
}
