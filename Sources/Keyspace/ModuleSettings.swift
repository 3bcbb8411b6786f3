import Execution

/// What `loadmodule` may be given, as pairs of a name and a value.
public struct ModuleSettings: Sendable {
    /// Why the module cannot be loaded; the text is for the log.
    public struct Failure: Error {
        public let text: String
    }

    /// The folder of the default libraries; nil = `backends` beside the module.
    public var backendsPath: String?
    /// Libraries to be opened at once.
    public var libraries: [(kind: BackendKind, path: String)] = []
    /// Workers per device, at least 1.
    public var threadsPerQueue = 1
    /// Threads within one operator; 0 = the runtime's choice.
    public var intraOperatorThreads = 0
    /// Operators at once; 0 = the runtime's choice.
    public var interOperatorThreads = 0
    /// Bytes of the largest piece in which a model goes out, at least 1.
    public var chunkSize = 511 << 20
    /// Milliseconds that a run may take.
    public var executionTimeoutMilliseconds = 5000
    /// Megabytes (of 10^6 bytes) that a runtime may take; 0 = no limit.
    public var memoryLimitMegabytes = 0
    /// Runs expected to take longer, in microseconds, go to a worker; 0 = all do.
    public var inlineBudgetMicroseconds = 100

    /// - Parameter words: names and values by turns; names in any case.
    public init(_ words: [String]) throws(Failure) {
        guard words.count.isMultiple(of: 2) else {
            throw Failure(
                text: "Even number of arguments provided to module. Please provide arguments as KEY VAL pairs"
            )
        }
        for index in stride(from: 0, to: words.count, by: 2) {
            let (name, value) = (words[index], words[index + 1])
            guard take(name.uppercased(), value) else {
                throw Failure(text: "ERR error processing argument: \(name) \(value)")
            }
        }
    }

    /// The numbers in the order of `INFO`, under their names.
    public var numbers: [(name: String, value: Int)] {
        [
            ("threads_per_queue", threadsPerQueue), ("inter_op_parallelism", interOperatorThreads),
            ("intra_op_parallelism", intraOperatorThreads),
            ("model_execution_timeout", executionTimeoutMilliseconds),
            ("backend_memory_limit", memoryLimitMegabytes),
        ]
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        if let kind = BackendKind(wireName: name) {
            libraries.append((kind, value))
            return true
        }
        switch name {
        case "BACKENDSPATH": backendsPath = value
        case "THREADS_PER_QUEUE": return set(\.threadsPerQueue, value, atLeast: 1)
        case "INTRA_OP_PARALLELISM": return set(\.intraOperatorThreads, value, atLeast: 0)
        case "INTER_OP_PARALLELISM": return set(\.interOperatorThreads, value, atLeast: 0)
        case "MODEL_CHUNK_SIZE": return set(\.chunkSize, value, atLeast: 1)
        case "MODEL_EXECUTION_TIMEOUT": return set(\.executionTimeoutMilliseconds, value, atLeast: 1000)
        case "BACKEND_MEMORY_LIMIT": return set(\.memoryLimitMegabytes, value, atLeast: 0)
        case "INLINE_RUN_BUDGET": return set(\.inlineBudgetMicroseconds, value, atLeast: 0)
        default: return false
        }
        return true
    }

    private mutating func set(
        _ setting: WritableKeyPath<ModuleSettings, Int>, _ value: String, atLeast minimum: Int
    ) -> Bool {
        guard let number = Int(value), number >= minimum, number <= Int(Int32.max) || setting == \.chunkSize
        else { return false }
        self[keyPath: setting] = number
        return true
    }
}

extension BackendKind {
    fileprivate init?(wireName name: String) {
        let bytes = Array(name.utf8)
        self.init(wireName: bytes.span)
    }
}
