import Execution
import Redis
import Synchronization

/// The values of the module's settings. Numbers and flags on any thread; the rest on the main thread.
///
/// What `loadmodule` is given is the default that lines of the server's file override.
public final class ModuleSettings: @unchecked Sendable {
    /// Why the module cannot be loaded; the texts are for the log.
    public struct Failure: Error {
        public let text: String
        /// What would have been right, where that is known.
        public var explanation: String?
    }

    /// What the scheduler and the runtimes read.
    public let runs = RunSettings()
    /// What flows read.
    public let flows = FlowSettings()
    /// The folder of the default libraries; once the module is loaded, the backends' own counts.
    public var backendsPath: String
    /// Libraries to be opened at once.
    public private(set) var libraries: [(kind: BackendKind, path: String)] = []

    /// Who may have libraries loaded that lie outside of the folder. Main thread.
    public private(set) var loadPermission = LoadPermission.no

    private let intraOperator = Atomic<Int>(0)
    private let interOperator = Atomic<Int>(0)
    private let chunk = Atomic<Int>(511 << 20)
    private let inTransactions = Atomic<Bool>(false)
    private let unchecked = Atomic<Bool>(false)

    /// Threads within one operator; 0 = the runtime's choice. Read when a library is opened.
    public var intraOperatorThreads: Int {
        get { intraOperator.load(ordering: .relaxed) }
        set { intraOperator.store(newValue, ordering: .relaxed) }
    }

    /// Operators at once; 0 = the runtime's choice. Read when a library is opened.
    public var interOperatorThreads: Int {
        get { interOperator.load(ordering: .relaxed) }
        set { interOperator.store(newValue, ordering: .relaxed) }
    }

    /// Bytes of the largest piece in which a model goes out, at least 1.
    public var chunkSize: Int {
        get { chunk.load(ordering: .relaxed) }
        set { chunk.store(newValue, ordering: .relaxed) }
    }

    /// Whether models run in transactions and scripts, where no client can wait and so the server does.
    public var executesInTransactions: Bool {
        get { inTransactions.load(ordering: .relaxed) }
        set { inTransactions.store(newValue, ordering: .relaxed) }
    }

    /// Whether scripts call the server where it cannot check whether their client may.
    public var allowsUncheckedScripts: Bool {
        get { unchecked.load(ordering: .relaxed) }
        set { unchecked.store(newValue, ordering: .relaxed) }
    }

    /// `loadPermission` as a number, for settings.
    var loadPermissionNumber: Int {
        get { loadPermission.rawValue }
        set { loadPermission = LoadPermission(rawValue: newValue) ?? .no }
    }

    /// - Parameters:
    ///   - words: names and values by turns; names in any case.
    ///   - backendsPath: the folder if no word says another.
    public init(_ words: [String], backendsPath: String) throws(Failure) {
        self.backendsPath = backendsPath
        guard words.count.isMultiple(of: 2) else {
            throw Failure(
                text: "Even number of arguments provided to module. Please provide arguments as KEY VAL pairs"
            )
        }
        for index in stride(from: 0, to: words.count, by: 2) {
            let (name, value) = (words[index], words[index + 1])
            let word = name.uppercased()
            if let kind = BackendKind(wireName: word) {
                libraries.append((kind, value))
                continue
            }
            let setting = Setting.all.first { $0.word == word }
            guard let setting, take(setting, value) else {
                throw Failure(
                    text: "ERR error processing argument: \(name) \(value)",
                    explanation: setting?.explanation)
            }
        }
    }

    /// The numbers in the order of `INFO`, under their names.
    public var numbers: [(name: String, value: Int)] {
        [
            ("threads_per_queue", runs.threadsPerQueue), ("inter_op_parallelism", interOperatorThreads),
            ("intra_op_parallelism", intraOperatorThreads),
            ("model_execution_timeout", runs.executionTimeoutMilliseconds),
            ("backend_memory_limit", runs.memoryLimitMegabytes),
        ]
    }

    private func take(_ setting: Setting, _ text: String) -> Bool {
        switch setting.value {
        case .number(let property, let range, _):
            guard let number = Int(text), range.contains(number) else { return false }
            self[keyPath: property] = number
        case .flag(let property):
            guard let flag = ["YES": true, "NO": false][text.uppercased()] else { return false }
            self[keyPath: property] = flag
        case .choice(let property, let names):
            guard let index = names.firstIndex(where: { "\($0)" == text.lowercased() }) else { return false }
            self[keyPath: property] = index
        case .path(let property): self[keyPath: property] = text
        case .program(let property):
            guard !text.isEmpty else { return false }
            self[keyPath: property] = text
        }
        return true
    }

    /// Makes them settings of the server, where it can, and takes the values in its file's lines; in OnLoad
    /// only, before the state is made.
    /// - Returns: false if the server refuses one; its log says which.
    public func register(in context: borrowing RedisContext) -> Bool {
        context.load(
            Setting.all.map { setting in
                ServerSetting(name: setting.name, change: setting.change, access: access(setting))
            })
    }

    private func access(_ setting: Setting) -> ServerSetting.Access {
        switch setting.value {
        case .number(let property, let range, let unit):
            .number(
                range, isByteCount: unit == "bytes", get: { self[keyPath: property] },
                set: { self[keyPath: property] = $0 })
        case .flag(let property):
            .flag(get: { self[keyPath: property] }, set: { self[keyPath: property] = $0 })
        case .choice(let property, let names):
            .choice(
                names, get: { self[keyPath: property] }, set: { self[keyPath: property] = $0 })
        case .path(let property):
            .text(
                get: { ModuleState.installed?.backends.path ?? self[keyPath: property] },
                set: { path in
                    self[keyPath: property] = path
                    ModuleState.installed?.backends.setPath(path)
                })
        case .program(let property):
            .text(get: { self[keyPath: property] }, set: { self[keyPath: property] = $0 })
        }
    }
}

extension BackendKind {
    fileprivate init?(wireName name: String) {
        let bytes = Array(name.utf8)
        self.init(wireName: bytes.span)
    }
}
