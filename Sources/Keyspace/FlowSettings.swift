import Synchronization

/// What decides whether and how AI flows run. Numbers and flags on any thread; the rest on the main thread.
public final class FlowSettings: @unchecked Sendable {
    private let enabled = Atomic<Bool>(false)
    private let sandboxLevel = Atomic<Int>(0)
    private let memory = Atomic<Int>(1024)
    private let atomicTime = Atomic<Int>(200)
    private let hang = Atomic<Int>(1000)
    private let placement = Atomic<Bool>(true)
    private let installs = Atomic<Bool>(false)
    private let installTime = Atomic<Int>(600)

    /// The Python that runs flows: a name that is looked for in PATH, or a path. Fixed once the module is
    /// loaded.
    public var python = "python3"

    public init() {}

    /// Whether there are the RG commands and a Python process. Fixed once the module is loaded.
    public var isEnabled: Bool {
        get { enabled.load(ordering: .relaxed) }
        set { enabled.store(newValue, ordering: .relaxed) }
    }

    /// What flows may do beside calling the server, by its index in `sandboxNames`.
    public var sandbox: Int {
        get { sandboxLevel.load(ordering: .relaxed) }
        set { sandboxLevel.store(newValue, ordering: .relaxed) }
    }

    /// As FLOWS_SANDBOX takes them, the narrowest first.
    static let sandboxNames: [StaticString] = ["strict", "network", "none"]

    /// Megabytes that the Python process may have.
    public var memoryLimitMegabytes: Int {
        get { memory.load(ordering: .relaxed) }
        set { memory.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds for which one flow may hold the server: an `atomic` block, a flow of mode `sync`.
    public var atomicLimitMilliseconds: Int {
        get { atomicTime.load(ordering: .relaxed) }
        set { atomicTime.store(newValue, ordering: .relaxed) }
    }

    /// Whether threads of the Python process run beside the server's while their work is short.
    public var placesThreads: Bool {
        get { placement.load(ordering: .relaxed) }
        set { placement.store(newValue, ordering: .relaxed) }
    }

    /// Whether the packages that a script requires are fetched by pip. Fixed once the module is loaded.
    public var allowsInstall: Bool {
        get { installs.load(ordering: .relaxed) }
        set { installs.store(newValue, ordering: .relaxed) }
    }

    /// Seconds that pip may take for one session.
    public var installLimitSeconds: Int {
        get { installTime.load(ordering: .relaxed) }
        set { installTime.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds that the Python process may leave a question whether it is alive without an answer.
    public var hangLimitMilliseconds: Int {
        get { hang.load(ordering: .relaxed) }
        set { hang.store(newValue, ordering: .relaxed) }
    }
}
