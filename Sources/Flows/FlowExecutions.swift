/// All executions, by their numbers. Main thread.
final class FlowExecutions {
    /// Those that have not ended, at most.
    static let openLimit = 100_000
    /// What those that wait for Python begin with may take, in bytes.
    static let waitingByteLimit = 64 << 20
    /// Says how many are kept after their end, in all and of each registration; the oldest are dropped.
    private let configuration: FlowConfiguration

    /// Those that have not ended.
    private(set) var open: [Int: FlowExecution] = [:]
    /// What those that wait for Python begin with takes, in bytes.
    private(set) var waitingByteCount = 0
    /// Those that have ended, and that clients may ask for.
    private var kept: [Int: FlowExecution] = [:]
    /// The numbers of those kept after their end, the oldest first; some may have been dropped since.
    private var ended: [Int] = []
    private var keptCount = 0
    /// Bytes of the results of those that `ended` counts.
    private var keptByteCount = 0
    /// The most of it; the oldest are dropped. One execution may bring as much.
    static let keptByteLimit = FlowExecution.resultLimit

    init(_ configuration: FlowConfiguration) { self.configuration = configuration }

    /// What clients may ask for, in the order in which it began.
    var inOrder: [FlowExecution] {
        (Array(open.values) + Array(kept.values)).sorted { $0.number < $1.number }
    }

    /// One that clients may ask for.
    func execution(numbered number: Int) -> FlowExecution? { open[number] ?? kept[number] }

    func add(_ execution: FlowExecution) {
        open[execution.number] = execution
        execution.session.openCount += 1
    }

    // MARK: Waiting for Python

    /// - Throws: `.tooMuchWaits` if what an execution begins with does not fit beside the others'.
    func checkRoom(for payload: FlowPayload) throws(FlowError) {
        guard waitingByteCount + payload.byteCount <= Self.waitingByteLimit else {
            throw .tooMuchWaits(limit: Self.waitingByteLimit)
        }
    }

    /// They wait until Python knows their registration, before or after those that do already.
    func wait(_ executions: some Collection<FlowExecution>, first: Bool = false) {
        for execution in executions { waitingByteCount += execution.payload.byteCount }
        guard let registration = executions.first?.registration else { return }
        let index = first ? registration.waiting.startIndex : registration.waiting.endIndex
        registration.waiting.insert(contentsOf: executions, at: index)
    }

    /// Those that wait do not any more.
    /// - Parameter isWanted: which ones of a registration's.
    func takeWaiting(
        of registration: FlowRegistration, where isWanted: (FlowExecution) -> Bool = { _ in true }
    ) -> [FlowExecution] {
        let taken = registration.waiting.filter(isWanted)
        guard !taken.isEmpty else { return [] }
        registration.waiting.removeAll(where: isWanted)
        for execution in taken { waitingByteCount -= execution.payload.byteCount }
        return taken
    }

    /// It has ended.
    func end(_ execution: FlowExecution) {
        open[execution.number] = nil
        execution.session.openCount -= 1
        settle(execution)
    }

    /// One that has ended is kept or forgotten, as its owner says, once there is one.
    func settle(_ execution: FlowExecution) {
        switch execution.owner {
        case .script: kept[execution.number] = execution
        case .nobody, .holder, .client:
            // Those of registrations have never been a script's.
            if execution.registration == nil { kept[execution.number] = nil }
            if case .nobody = execution.owner { execution.forgetResults() }
        case .kept:
            kept[execution.number] = execution
            ended.append(execution.number)
            keptCount += 1
            keptByteCount += execution.byteCount
            dropOldest(of: execution.registration, with: execution)
            while keptCount > configuration[.mostExecutions] { dropOldest() }
            // The last one is there.
            while keptByteCount > Self.keptByteLimit, keptCount > 1 { dropOldest() }
        }
    }

    /// - Parameter execution: the one that has just been kept.
    private func dropOldest(of registration: FlowRegistration?, with execution: FlowExecution) {
        guard let registration else { return }
        registration.kept.append(execution.number)
        while registration.kept.count > configuration[.mostExecutionsOfRegistration] {
            dropIfKept(registration.kept.removeFirst())
        }
    }

    private func dropOldest() { dropIfKept(ended.removeFirst()) }

    private func dropIfKept(_ number: Int) {
        if let execution = kept[number] { drop(execution) }
    }

    /// Forgets one that has ended.
    func drop(_ execution: FlowExecution) {
        kept[execution.number] = nil
        // A script's does not count yet.
        guard case .kept = execution.owner else { return }
        keptCount -= 1
        keptByteCount -= execution.byteCount
        // Clients may wait for it still.
        execution.forgetResults()
        // What was dropped is not looked for one by one.
        if ended.count > 2 * max(keptCount, 16) { ended.removeAll { kept[$0] == nil } }
    }
}
