import Execution
import Synchronization

/// A flag that a run looks at again and again; another thread sets it to end the run.
final class ReferenceInterrupt: RunInterrupt {
    private let isRaised = Atomic<Bool>(false)

    func raise() { isRaised.store(true, ordering: .relaxed) }

    func lower() { isRaised.store(false, ordering: .relaxed) }

    /// - Throws: `.backend` if the run is to end.
    func check() throws(ExecutionError) {
        guard !isRaised.load(ordering: .relaxed) else { throw .backend("The run was stopped") }
    }
}
