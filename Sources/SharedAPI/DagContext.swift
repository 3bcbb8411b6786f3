import Commands
import Execution
import Synchronization
import Tensors

/// What is behind a `RAI_DAGRunCtx`: operations, and what came out of them; its run's `RAI_OnFinishCtx` too.
///
/// It is changed until it runs, and runs once. One thread at a time, which its owner sees to.
@safe
final class DagContext: @unchecked Sendable {
    private enum Stage {
        static let open = 0
        static let runs = 1
        static let ended = 2
    }

    private(set) var operations: [DagFragment.Operation] = []
    /// One for each TENSORGET of a run.
    private(set) var outputs: [Tensor?] = []
    private(set) var failure: APIFailure?
    /// The client's pointer to the failure, once it has ended.
    private(set) var error: OpaquePointer?
    private var loaded: [(name: [UInt8], tensor: Tensor)] = []
    private let stage = Atomic<Int>(Stage.open)

    deinit { unsafe Handles.error.end(error) }

    /// Whether it may be changed.
    var isOpen: Bool { stage.load(ordering: .acquiring) == Stage.open }

    var runs: Bool { stage.load(ordering: .acquiring) == Stage.runs }

    var hasEnded: Bool { stage.load(ordering: .acquiring) == Stage.ended }

    /// It runs from now on.
    /// - Returns: false if it does already, or has.
    func begin() -> Bool {
        stage.compareExchange(
            expected: Stage.open, desired: Stage.runs, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// It was not started after all.
    func reopen() { stage.store(Stage.open, ordering: .releasing) }

    /// A tensor that is there at the start.
    /// - Returns: false if there is one of that name.
    func load(_ name: [UInt8], _ tensor: Tensor) -> Bool {
        guard !loaded.contains(where: { $0.name == name }) else { return false }
        loaded.append((name, tensor))
        return true
    }

    func add(_ added: [DagFragment.Operation]) { operations += added }

    /// It has ended, with what its plan brought or with nothing.
    func end(_ outcome: PlanOutcome?, _ wiring: DagPlan, _ failure: APIFailure?) {
        self.failure = failure ?? outcome.flatMap { wiring.failure(of: $0) }
        outputs = wiring.outputs.map { slot in outcome?.tensor(slot) }
        let record = ErrorRecord(isLent: true)
        if let failure = self.failure { record.set(failure) }
        unsafe error = Handles.error.make(record)
        stage.store(Stage.ended, ordering: .releasing)
    }

    /// The operations as a plan.
    /// - Throws: if there are none, or a name stands for nothing.
    func plan() throws(APIFailure) -> DagPlan {
        guard !operations.isEmpty else { throw APIFailure(.dagRun, .dag(.empty)) }
        do throws(CommandError) { return try DagPlan(loaded, operations) } catch {
            throw APIFailure(.dagRun, error)
        }
    }
}

extension DagPlan {
    /// Why the first failing step failed; nil if none did.
    func failure(of outcome: PlanOutcome) -> APIFailure? {
        for (index, step) in plan.steps.enumerated() {
            if case .failed(let error) = outcome.result(index) { return APIFailure(step.work, error) }
        }
        return nil
    }
}
