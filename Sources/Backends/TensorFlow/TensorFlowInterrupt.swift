import Execution

/// Ends the run that a thread has under way, by closing the session that it uses.
///
/// The runtime can cancel nothing less. Other runs of the session end with it; they begin again on a new one,
/// see `TensorFlowSession`.
final class TensorFlowInterrupt: RunInterrupt, @unchecked Sendable {
    // Changed by the thread while no run is under way, read by the watch during one.
    private var model: TensorFlowModel?

    /// The thread's, made at its first run.
    static func of(_ stop: RunStop) -> TensorFlowInterrupt {
        stop.interrupt as? TensorFlowInterrupt ?? TensorFlowInterrupt()
    }

    /// Sets what the next run uses; nil after it, so that no thread keeps a model alive.
    func aim(at model: TensorFlowModel?) { self.model = model }

    func raise() { model?.close() }

    /// A closed session stays closed.
    func lower() {}
}
