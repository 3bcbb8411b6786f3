import Execution
import Redis
import Tensors

/// Why a command was refused; the words are in `ErrorText`.
public enum CommandError: Error, CommandFailure {
    case arity(StaticString)
    case wordsTooLong
    case wrongType
    case inTransaction
    case notStored(WriteObstacle)
    /// The user may not do what a command of this name does, to that key.
    case noPermission(String)

    // Tensors
    case invalidDataType
    case invalidShape
    case blobArgumentCount
    case valueArgumentCount
    case invalidValue
    case stringContainsNul
    case byteCountMismatch
    case invalidBool
    case stringCountMismatch
    case tensorTooLarge
    /// Zeros, as many as could not have been sent.
    case zerosBeyondBulkLimit(byteCount: Int, limit: Int)
    /// Zeros for which `maxmemory` leaves no room.
    case zerosBeyondMaxMemory(byteCount: Int, room: Int)
    case tensorMissing
    case unsupportedFormat
    case blobAndValues

    // Storing models
    case unsupportedBackend
    case invalidDevice
    case unsupportedDevice(BackendKind)
    case invalidBatchSize
    case invalidMinimumBatchSize
    case minimumBatchSizeWithoutBatchSize
    case minimumBatchSizeTooLarge
    case invalidMinimumBatchTimeout
    case minimumBatchTimeoutWithoutBatchSize
    case minimumBatchTimeoutWithoutMinimumBatchSize
    case missingModelBlob
    case inputsNotSpecifiedForTensorFlow
    case invalidInputCount
    case modelInputNamesMissing
    case inputsNotForThisBackend
    case outputsNotSpecifiedForTensorFlow
    case invalidOutputCount
    case modelOutputNamesMissing
    case expectedBlob
    case batchingNotSupported
    case inputsAndOutputsNotSpecified
    case modelTooLargeForMemory

    // Models
    case modelMissing
    case inputsNotSpecified
    case nonPositiveInputCount
    case inputKeysMissing(StaticString)
    case outputsNotSpecified
    case nonPositiveOutputCount
    case outputKeysMissing(StaticString)
    case missingTimeout
    case invalidTimeout
    case invalidArgument(String)
    case execution(ExecutionError)
    case backendUnavailable
    case scriptMissing
    case script(ScriptError)
    /// What a script asked of the server.
    case serverCall(ServerCallFailure)
    case dag(DagError)

    // Statistics and settings
    case statisticsMissing
    case configure(ConfigureError)

    public var text: String { ErrorText.text(of: self) }

    /// A model that could not be stored.
    init(storing error: ExecutionError) {
        if case .libraryUnavailable = error { self = .backendUnavailable } else { self = .execution(error) }
    }

    /// A tensor that could not be made from what was given.
    public init(_ error: TensorError) {
        switch error {
        case .shapeTooLarge, .outOfMemory: self = .tensorTooLarge
        case .byteCountMismatch: self = .byteCountMismatch
        case .valueCountMismatch: self = .valueArgumentCount
        case .invalidValue: self = .invalidValue
        case .invalidBool: self = .invalidBool
        case .stringCountMismatch: self = .stringCountMismatch
        case .stringContainsNul: self = .stringContainsNul
        }
    }
}
