/// What a guest runs, and with which rights.
public struct GuestProgram: Sendable {
    /// What it is called in the log and in the name of its folder: letters and hyphens.
    public var name: String
    /// An absolute path, or a name that is looked up in `PATH`.
    public var executable: String
    /// After the program's own name; the descriptors of its end of the connection follow as two more:
    /// messages, then side.
    public var arguments: [String]
    /// Variables beside those that it gets of the server's, or in their place.
    public var environment: [String: String]
    public var limits: GuestLimits
    public var sandbox: GuestSandbox
    /// Absolute paths of files and folders that it may read in a sandbox, beside the system's.
    public var readablePaths: [String]
    /// Absolute paths of folders that it may change in a sandbox, beside its own.
    public var writablePaths: [String] = []
    /// Names of variables of the server's that it gets in a sandbox beside the usual ones; `PIP_*` stands for
    /// all that begin so.
    public var passedVariables: [String] = []
    /// What an administrator can do if it cannot be started, in the imperative: `set FLOWS_PYTHON`.
    public var advice: String

    public init(
        name: String, executable: String, arguments: [String] = [], environment: [String: String] = [:],
        limits: GuestLimits = GuestLimits(), sandbox: GuestSandbox = .strict, readablePaths: [String] = [],
        advice: String
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.limits = limits
        self.sandbox = sandbox
        self.readablePaths = readablePaths
        self.advice = advice
    }
}
