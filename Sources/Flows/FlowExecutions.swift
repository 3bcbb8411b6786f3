/// All executions, by what they are looked for. Main thread.
final class FlowExecutions {
    /// Those that have not ended, at most.
    static let openLimit = 100_000
    /// Says how many are kept after their end, in all and of each registration; the oldest are dropped.
    private let configuration: FlowConfiguration

    /// Those that have not ended.
    private(set) var open: [Int: FlowExecution] = [:]
    /// Those that clients may ask for: all but the ones that have ended and are not kept.
    private(set) var byID: [[UInt8]: FlowExecution] = [:]
    /// Those kept after their end, the oldest first; some may have been dropped since.
    private var ended: [FlowExecution] = []
    private var keptCount = 0

    init(_ configuration: FlowConfiguration) { self.configuration = configuration }

    func add(_ execution: FlowExecution) {
        open[execution.number] = execution
        byID[execution.id] = execution
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
        case .script: break
        case .nobody, .client: byID[execution.id] = nil
        case .kept:
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
            let oldest = registration.kept.removeFirst()
            if byID[oldest.id] === oldest { drop(oldest) }
        }
    }

    private func dropOldest() {
        let oldest = ended.removeFirst()
        if byID[oldest.id] === oldest { drop(oldest) }
    }

    /// Forgets one that has ended.
    func drop(_ execution: FlowExecution) {
        byID[execution.id] = nil
        keptCount -= 1
        // What was dropped is not looked for one by one.
        if ended.count > 2 * max(keptCount, 16) { ended.removeAll { byID[$0.id] !== $0 } }
    }
}
