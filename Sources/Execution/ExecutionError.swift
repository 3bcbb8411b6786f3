/// Why a model or script cannot be made ready, or a run gave no outputs.
public enum ExecutionError: Error, Equatable, Sendable {
    /// The runtime's own words, or ours in its place.
    case backend(String)
    /// The runtime's library is missing, or is not one that can be used; the reason is for the log.
    case libraryUnavailable(BackendKind, reason: String)
    /// A library was named that lies outside of the folder in which it has to lie.
    case libraryOutside(BackendKind)
    /// The runtime has no such device.
    case unsupportedDevice
    /// A GPU was asked for and the runtime's library was built without one.
    case noGPU(BackendKind)
    /// The device's queue holds as many requests as it may.
    case queueFull(device: String, limit: Int)
    /// As many requests as may wait for MINBATCHSIZE of the model.
    case batchWaitFull(limit: Int)
    /// All of the device's workers are at runs that have outlasted their limit and do not stop.
    case deviceStuck(device: String, runCount: Int)
    /// The model allows one run at a time, and that one has outlasted its limit and does not stop.
    case modelStuck
    /// The run has outlasted its limit and did not stop; what it may still bring is dropped.
    case runLost
    /// The build has reached its limit; what it may still bring is dropped.
    case buildTooLong(milliseconds: Int)
    /// All threads that build are at builds which have reached their limit and do not end.
    case buildersStuck(count: Int)
    /// No thread to build on could be started.
    case builderUnavailable
    /// There are queues for as many devices as there may be.
    case tooManyDevices(device: String, limit: Int)
    /// The model is being built, and the caller cannot wait.
    case loading
    /// The same of a script.
    case scriptLoading
    /// Another number of inputs or outputs than the model has.
    case inputCountMismatch
    case outputCountMismatch
    /// The runtime returned another number of outputs than the model has.
    case unexpectedOutputCount
    /// An earlier step made something there that is not a tensor.
    case missingInput
    /// Another module has written to a tensor what its type does not allow.
    case invalidTensor
    /// The runtime has no language for scripts.
    case withoutScripts(BackendKind)
    /// A thread for the device's queue could not be started.
    case queueUnavailable
    /// The memory for an output cannot be had.
    case outOfMemory

    /// Whether a build that failed for it is tried again when the model or script is needed.
    public var mayPass: Bool {
        switch self {
        case .libraryUnavailable, .buildersStuck, .builderUnavailable, .outOfMemory: true
        default: false
        }
    }
}
