/// All executions, by their numbers. Main thread.
final class FlowExecutions {
    /// Those that have not ended, at most.
    static let openLimit = 100_000
    /// Says how many are kept after their end, in all and of each registration; the oldest are dropped.
    private let configuration: FlowConfiguration

    /// Those that have not ended.
    private(set) var open: [Int: FlowExecution] = [:]
    /// Those that have ended, and that clients may ask for.
    private var kept: [Int: FlowExecution] = [:]
    /// Those kept after their end, the oldest first; some may have been dropped since.
    private var ended: [FlowExecution] = []
    private var keptCount = 0

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
        case .nobody, .client:
            // Those of registrations have never been a script's.
            if execution.registration == nil { kept[execution.number] = nil }
        case .kept:
            kept[execution.number] = execution
            ended.append(execution)
            keptCount += 1
            dropOldest(of: execution.registration, with: execution)
            while keptCount > configuration[.mostExecutions] { dropOldest() }
        }
    }

    /// - Parameter execution: the one that has just been kept.
    private func dropOldest(of registration: FlowRegistration?, with execution: FlowExecution) {
        guard let registration else { return }
        registration.kept.append(execution)
        while registration.kept.count > configuration[.mostExecutionsOfRegistration] {
            dropIfKept(registration.kept.removeFirst())
        }
    }

    private func dropOldest() { dropIfKept(ended.removeFirst()) }

    private func dropIfKept(_ execution: FlowExecution) {
        if kept[execution.number] === execution { drop(execution) }
    }

    /// Forgets one that has ended.
    func drop(_ execution: FlowExecution) {
        kept[execution.number] = nil
        // A script's does not count yet.
        guard case .kept = execution.owner else { return }
        keptCount -= 1
        // What was dropped is not looked for one by one.
        if ended.count > 2 * max(keptCount, 16) { ended.removeAll { kept[$0.number] !== $0 } }
    }
}
