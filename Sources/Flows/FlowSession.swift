import Redis

/// What one RG.PYEXECUTE has made: a script, and what it has registered. Main thread.
final class FlowSession {
    enum State {
        /// The script runs for the first time.
        case building(ScriptRequest)
        case live
        /// A new Python process runs the script again, or will.
        case restoring
        /// It could not be restored: what is registered answers why.
        case failed(FlowError)
    }

    let id: [UInt8]
    let script: FlowScript
    /// In whose name its flows call the server.
    let access: ServerAccess
    var state: State
    /// As the Python process that runs knows it; nil as long as that does not.
    var number: Int?
    private(set) var registrations: [FlowRegistration] = []
    /// What the script has started itself, until it is said who gets what that brings.
    var run: FlowExecution?
    /// What its script requires, if that is fetched.
    var packages = SessionPackages.none
    /// Whether its script was ended by a client: what it asks from then on is refused.
    var isAborted = false
    /// Executions that have not ended.
    var openCount = 0
    /// How many of the registrations the script has made again.
    var restoredCount = 0
    /// How often the Python process has ended while the script ran again.
    var restoreFailureCount = 0

    init(id: [UInt8], script: FlowScript, access: ServerAccess, state: State) {
        self.id = id
        self.script = script
        self.access = access
        self.state = state
    }

    var name: String { String(decoding: id, as: UTF8.self) }

    /// Whether its first run of the script has ended well.
    var isMade: Bool {
        if case .building = state { false } else { true }
    }

    func add(_ registration: FlowRegistration) { registrations.append(registration) }

    func remove(_ registration: FlowRegistration) { registrations.removeAll { $0 === registration } }
}
