import Redis

/// One setting of the module: a word behind `loadmodule` and, from Redis 7.0 on, `ai.<name>` of the server.
public struct Setting: Sendable {
    public enum Value: Sendable {
        case number(ReferenceWritableKeyPath<ModuleSettings, Int> & Sendable, ClosedRange<Int>, unit: String)
        /// `yes` or `no`.
        case flag(ReferenceWritableKeyPath<ModuleSettings, Bool> & Sendable)
        /// One of the names, which the property has by its index.
        case choice(ReferenceWritableKeyPath<ModuleSettings, Int> & Sendable, [StaticString])
        case path(ReferenceWritableKeyPath<ModuleSettings, String> & Sendable)
        /// A program: a name or a path.
        case program(ReferenceWritableKeyPath<ModuleSettings, String> & Sendable)
    }

    /// In capitals.
    public let word: String
    public let value: Value
    /// Who may change it once the module is loaded.
    public let change: ServerSetting.Change
    /// What it is, for those who gave a wrong value.
    public let summary: String

    /// In lower case.
    public var name: String { word.lowercased() }

    /// What it takes, for the log.
    public var explanation: String {
        switch value {
        case .number(_, let range, let unit):
            "\(word) takes \(range.lowerBound) to \(range.upperBound) \(unit): \(summary)"
        case .flag: "\(word) takes yes or no: \(summary)"
        case .choice(_, let names):
            "\(word) takes \(names.map { "\($0)" }.joined(separator: ", ")): \(summary)"
        case .path: "\(word) takes a path: \(summary)"
        case .program: "\(word) takes the name or the path of a program: \(summary)"
        }
    }

    /// The largest value of settings that nothing else bounds.
    private static let large = Int(Int32.max)

    /// All settings. Defaults are those of the properties.
    public static let all: [Setting] =
        [
            Setting(
                word: "BACKENDSPATH", value: .path(\.backendsPath), change: .protected,
                summary: "the folder of the runtimes"),
            Setting(
                word: "ALLOW_LOAD", value: .choice(\.loadPermissionNumber, LoadPermission.names),
                change: .never,
                summary:
                    "whether AI.CONFIG loads libraries from elsewhere; local = for clients of this machine"),
            Setting(
                word: "THREADS_PER_QUEUE", value: .number(\.runs.threadsPerQueue, 1...1024, unit: "threads"),
                change: .never, summary: "workers for each device name"),
            Setting(
                word: "INTER_OP_PARALLELISM",
                value: .number(\.interOperatorThreads, 0...1024, unit: "threads"), change: .never,
                summary: "operators at once; 0 = the runtime's choice"),
            Setting(
                word: "INTRA_OP_PARALLELISM",
                value: .number(\.intraOperatorThreads, 0...1024, unit: "threads"), change: .never,
                summary: "threads within an operator; 0 = the runtime's choice"),
            Setting(
                word: "MODEL_EXECUTION_TIMEOUT",
                value: .number(\.runs.executionTimeoutMilliseconds, 1000...large, unit: "milliseconds"),
                change: .free, summary: "what a run may take"),
            Setting(
                word: "MODEL_BUILD_TIMEOUT",
                value: .number(\.runs.buildTimeoutMilliseconds, 1000...large, unit: "milliseconds"),
                change: .free, summary: "what building a model or a script may take"),
            Setting(
                word: "BACKEND_MEMORY_LIMIT",
                value: .number(\.runs.memoryLimitMegabytes, 0...large, unit: "megabytes"), change: .free,
                summary: "memory that a runtime may take; 0 = no limit"),
            Setting(
                word: "MODEL_CHUNK_SIZE", value: .number(\.chunkSize, 1...Int.max, unit: "bytes"),
                change: .free,
                summary: "the largest piece in which a model goes out"),
            Setting(
                word: "INLINE_RUN_BUDGET",
                value: .number(\.runs.inlineBudgetMicroseconds, 0...large, unit: "microseconds"),
                change: .free,
                summary: "longer runs go to a worker; 0 = all do"),
            Setting(
                word: "QUEUE_LIMIT", value: .number(\.runs.queueLimit, 1...large, unit: "requests"),
                change: .free, summary: "what may wait for a device"),
            Setting(
                word: "BATCH_WAIT_LIMIT",
                value: .number(\.runs.batchWaitLimitMilliseconds, 0...large, unit: "milliseconds"),
                change: .free, summary: "the longest wait for MINBATCHSIZE; 0 = no limit"),
            Setting(
                word: "DEVICE_LIMIT", value: .number(\.runs.deviceLimit, 1...1024, unit: "devices"),
                change: .free, summary: "device names that may have workers"),
            Setting(
                word: "EXECUTE_IN_TRANSACTIONS", value: .flag(\.executesInTransactions), change: .free,
                summary: "whether models run in MULTI/EXEC and scripts, with the server waiting"),
            Setting(
                word: "TF_ALLOW_ALL_OPERATIONS", value: .flag(\.runs.allowsAllOperations), change: .protected,
                summary: "whether models of TF may read and write files and reach the network"),
            Setting(
                word: "TORCH_ALLOW_ALL_OPERATORS", value: .flag(\.runs.allowsAllTorchOperators),
                change: .protected,
                summary: "whether models of TORCH and scripts may use files and any memory"),
            Setting(
                word: "ALLOW_UNCHECKED_SCRIPTS", value: .flag(\.allowsUncheckedScripts), change: .never,
                summary: "whether scripts call the server where it cannot check their rights, before 7.0.6"),
            // Fixed, so that nobody who reaches the server from outside can make it run code of theirs.
            Setting(
                word: "TORCH_ALLOW_NATIVE_CODE", value: .flag(\.runs.allowsNativeCode), change: .never,
                summary: "whether models of TORCH may be native code, which can do whatever the server can"),
        ] + flows

    /// Flows are programs of those who may send RG.PYEXECUTE, so what widens their rights is fixed.
    private static let flows = [
        Setting(
            word: "FLOWS", value: .flag(\.flows.isEnabled), change: .never,
            summary: "whether there are AI flows: the RG commands, and a Python process that runs them"),
        Setting(
            word: "FLOWS_PYTHON", value: .program(\.flows.python), change: .never,
            summary: "the Python of flows, 3.11 or newer; that of a virtual environment has its packages"),
        Setting(
            word: "FLOWS_SANDBOX", value: .choice(\.flows.sandbox, FlowSettings.sandboxNames),
            change: .never,
            summary: "what flows may do beside calling the server; strict = no network, programs or files"),
        Setting(
            word: "FLOWS_ALLOW_INSTALL", value: .flag(\.flows.allowsInstall), change: .never,
            summary: "whether pip fetches the packages that a script requires, from the network"),
        Setting(
            word: "FLOWS_INSTALL_LIMIT",
            value: .number(\.flows.installLimitSeconds, 1...86_400, unit: "seconds"), change: .free,
            summary: "how long pip may take for the packages of one script"),
        Setting(
            word: "FLOWS_MEMORY_LIMIT",
            value: .number(\.flows.memoryLimitMegabytes, 64...large, unit: "megabytes"), change: .free,
            summary: "memory of the Python process, from its next start on"),
        Setting(
            word: "FLOWS_ATOMIC_LIMIT",
            value: .number(\.flows.atomicLimitMilliseconds, 1...5000, unit: "milliseconds"), change: .free,
            summary: "how long one flow may hold the server"),
        Setting(
            word: "FLOWS_HANG_LIMIT",
            value: .number(\.flows.hangLimitMilliseconds, 100...large, unit: "milliseconds"), change: .free,
            summary: "how long the Python process may say nothing before it is ended"),
        Setting(
            word: "FLOWS_PLACEMENT", value: .flag(\.flows.placesThreads), change: .never,
            summary: "whether short work of flows shares the processor of the server's thread"),
    ]
}
