import Messages

/// One pass of records through the steps of a flow. Main thread.
final class FlowExecution {
    enum Status: String {
        case created
        case running
        case done
        case aborted
    }

    /// Who gets what comes out.
    enum Owner {
        /// Nobody: it is forgotten at its end, and what it brings at once.
        case nobody
        /// Whoever holds the server for it.
        case holder
        /// Whoever asks for it: it is kept for a time.
        case kept
        /// The client that has caused it, which waits.
        case client(FlowClient)
        /// The script's client, once the script has ended.
        case script
    }

    /// As clients know it.
    let id: FlowIDs.ID
    let session: FlowSession
    /// Nil if a script or another flow has started it.
    let registration: FlowRegistration?
    let steps: [FlowStep]
    var owner: Owner
    var status = Status.created
    /// What it begins with, until it does.
    var payload = FlowPayload.none
    /// Whether the server's thread need not wait for it any more.
    var isParked = false
    /// What it stands before.
    var hook: HookCall?
    /// The command whose reply waits for it.
    var held: HeldCommand?
    /// Called at the end, once.
    var onEnd: ((FlowExecution) -> Void)?
    private(set) var results: [MessageValue] = []
    private(set) var errors: [[UInt8]] = []
    private(set) var milliseconds = 0
    /// Clients of RG.GETRESULTSBLOCKING.
    var waiters: [FlowClient] = []
    /// Bytes of the results and errors so far, about.
    private(set) var byteCount = 0

    init(
        id: FlowIDs.ID, session: FlowSession, registration: FlowRegistration?, steps: [FlowStep], owner: Owner
    ) {
        self.id = id
        self.session = session
        self.registration = registration
        self.steps = steps
        self.owner = owner
    }

    /// In messages.
    var number: Int { id.executionNumber }

    var isOver: Bool { status == .done || status == .aborted }

    /// The most that the results of one execution may take.
    static let resultLimit = 256 << 20

    /// Takes a piece of the results, if anybody can ask for them.
    /// - Throws: `.resultsTooLarge`.
    func add(_ piece: [MessageValue]) throws(FlowError) {
        if case .nobody = owner { return }
        byteCount += piece.reduce(0) { $0 + $1.approximateByteCount }
        guard byteCount <= Self.resultLimit else { throw .resultsTooLarge(limit: Self.resultLimit) }
        // As a rule there is one piece.
        if results.isEmpty { results = piece } else { results += piece }
    }

    /// Nothing comes any more.
    func end(_ status: Status, errors: [[UInt8]], milliseconds: Int) {
        self.status = status
        self.errors = errors
        self.milliseconds = milliseconds
        byteCount += errors.reduce(0) { $0 + $1.count }
    }

    /// Nobody can ask for what it has brought any more.
    func forgetResults() {
        results = []
        errors = []
        byteCount = 0
    }
}

extension FlowExecution.Status {
    /// What Python calls an end.
    fileprivate static let ends: [(MessageValue, FlowExecution.Status)] = [
        (.text("done"), .done), (.text("aborted"), .aborted),
    ]

    /// - Parameter value: Python's word for an end.
    init?(end value: MessageValue) {
        guard let end = Self.ends.first(where: { $0.0 == value }) else { return nil }
        self = end.1
    }
}

extension MessageValue {
    /// About what it takes in memory.
    fileprivate var approximateByteCount: Int {
        let overhead = 48
        switch self {
        case .bytes(let bytes): return overhead + bytes.count
        case .text(let text): return overhead + text.utf8.count
        case .list(let items), .tuple(let items):
            return items.reduce(overhead) { $0 + $1.approximateByteCount }
        default: return overhead
        }
    }
}
