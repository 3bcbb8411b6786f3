import Execution

/// A run that a flow has asked for, from the queue to its answer.
///
/// It belongs to the process that has asked: once that is gone, nobody wants the answer. What can be written
/// is the main thread's.
final class FlowRun: PlanCompletion, @unchecked Sendable {
    let connection: FlowConnection
    /// The number of the call.
    let call: Int
    /// Slots of the tensors that are the answer.
    let slots: [Int]
    private let finish: @Sendable (FlowRun, PlanOutcome) -> Void
    private var plan: PlanRun?
    private var isOver = false

    /// - Parameter finish: called once, on any thread, with what came out.
    init(
        _ call: Int, of connection: FlowConnection, slots: [Int],
        finish: @escaping @Sendable (FlowRun, PlanOutcome) -> Void
    ) {
        self.call = call
        self.connection = connection
        self.slots = slots
        self.finish = finish
    }

    /// It is queued.
    func keep(_ plan: PlanRun) {
        guard !isOver else { return }
        self.plan = plan
        connection.runs[ObjectIdentifier(self)] = self
    }

    /// What has not begun never will.
    func cancel() {
        plan?.cancel()
        plan = nil
    }

    /// Main thread: it is answered, or not wanted.
    func end() {
        isOver = true
        plan = nil
        connection.runs[ObjectIdentifier(self)] = nil
    }

    func stepBegins() {}

    func stepEnded() {}

    func planEnded(_ outcome: PlanOutcome) { finish(self, outcome) }
}
