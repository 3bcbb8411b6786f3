import Tensors

/// A vendor's runtime: turns a model's bytes into something that runs.
///
/// Implemented in `Backends`, one folder each. A conformer is called from loader threads and, inside a
/// transaction, from the main thread; calls may overlap.
public protocol Backend: AnyObject, Sendable {
    var kind: BackendKind { get }

    /// The runtime's own version, as it tells it.
    var version: String { get }

    /// Bytes that the runtime has taken from the server's allocator; 0 if it does not use it.
    var memoryByteCount: Int { get }

    /// Calls to the server's allocator so far.
    var allocationCount: Int { get }

    /// Builds a model; may take seconds and as much memory as the model itself.
    ///
    /// Bytes from a client never make a runtime open a file, write one, or reach the network.
    /// `definition.bytes` may be kept, not copied, as long as the loaded model lives.
    /// - Throws: `.backend` with the runtime's words, `.unsupportedDevice`, `.noGPU`.
    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel
}

/// Options for all models of a runtime, as they are when its library is opened.
public struct BackendOptions: Sendable {
    /// Threads within one operator; 0 = the runtime's own choice.
    public var intraOperatorThreads: Int
    /// Operators at once; 0 = the runtime's own choice.
    public var interOperatorThreads: Int
    /// Megabytes (of 10^6 bytes) that a runtime may take of the server's allocator; 0 = no limit. Asked on
    /// any thread at each allocation, so it may change.
    public var memoryLimitMegabytes: @Sendable () -> Int = { 0 }
    /// Whether models of TensorFlow may have operations that reach out of them. Asked on any thread when a
    /// model is loaded, so it may change.
    public var allowsAllOperations: @Sendable () -> Bool = { false }
    /// The same for operators in models and scripts of TorchScript.
    public var allowsAllTorchOperators: @Sendable () -> Bool = { false }
    /// Whether models may be native code, which can do whatever the process can. Asked likewise.
    public var allowsNativeCode: @Sendable () -> Bool = { false }

    public init(intraOperatorThreads: Int = 0, interOperatorThreads: Int = 0) {
        self.intraOperatorThreads = intraOperatorThreads
        self.interOperatorThreads = interOperatorThreads
    }
}

/// A model that is ready to run. Freed with its last user, on any thread.
public protocol LoadedModel: AnyObject, Sendable {
    /// In the order in which `run` takes them.
    var inputs: [TensorSpecification] { get }
    /// In the order in which `run` returns them.
    var outputs: [TensorSpecification] { get }

    /// How many there are, which each request asks: handing out an array counts references to it.
    var inputCount: Int { get }
    var outputCount: Int { get }

    /// Whether `run` may be called on several threads at once.
    var allowsOverlappingRuns: Bool { get }

    /// Whether the time that a run takes, and how large its outputs are, follow from the inputs' types and
    /// shapes.
    ///
    /// False for a model with loops, filters or shapes that the values of its inputs decide about, and for
    /// one of which nobody knows: its past tells nothing of its next run, so it never runs on the server's
    /// thread.
    var hasBoundedWork: Bool { get }

    /// Bytes of memory that the loaded form takes, beside the bytes it was made from.
    var memoryByteCount: Int { get }

    /// Runs the model once on the calling thread.
    ///
    /// - Parameters:
    ///   - inputs: one per input, read in place and not changed.
    ///   - stop: this run's; a backend that can be interrupted does what takes long within its `run`. One
    ///     that cannot ignores it, and its runs take as long as they take.
    /// - Returns: one per output; nil where the model made something that is not a tensor.
    /// - Throws: `.backend` with the runtime's words if types or shapes do not fit or the run failed
    ///   or was stopped; `.outOfMemory`.
    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?]

    /// Tells how long a run took, whether it succeeded or not, on the thread that ran it.
    func ran(for nanoseconds: Int)
}

extension LoadedModel {
    @inlinable public func ran(for nanoseconds: Int) {}
    @inlinable public var inputCount: Int { inputs.count }
    @inlinable public var outputCount: Int { outputs.count }
}

/// What is known of an input or output before a run.
public struct TensorSpecification: Sendable {
    /// As the model calls it; empty where models have no names.
    public let name: [UInt8]
    /// Nil if it is not a tensor, or of a type that we do not have.
    public let type: DataType?
    /// Nil per dimension that is known only at run time; nil as a whole if even the rank is unknown.
    public let dimensions: [Int?]?

    public init(name: [UInt8], type: DataType?, dimensions: [Int?]?) {
        self.name = name
        self.type = type
        self.dimensions = dimensions
    }
}

/// Finds the backend of a kind and opens its library when first asked.
public protocol BackendProvider: AnyObject, Sendable {
    /// The backend if its library is open already; takes no time.
    func loaded(_ kind: BackendKind) -> (any Backend)?

    /// The backend, its library opened if need be; may take a tenth of a second and reads files.
    ///
    /// A failed opening is tried again at the next call, since the library may be there by then.
    /// - Throws: `.libraryUnavailable`.
    func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend

    /// Opens a library by its path; a relative one is joined to `path`.
    ///
    /// - Parameter isConfined: whether it has to lie in the folder `path`, wherever links lead.
    /// - Throws: `.libraryOutside`; `.libraryUnavailable`, also if one is open for this kind already.
    func open(_ kind: BackendKind, path: String, isConfined: Bool) throws(ExecutionError)

    /// The folder in which default libraries are looked for.
    var path: String { get }

    /// Changes the folder for libraries that are not open yet; it is not looked at until then.
    func setPath(_ path: String)

    /// Those whose libraries are open, in the order of their kinds.
    var loadedBackends: [any Backend] { get }
}
