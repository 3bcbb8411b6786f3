import Execution
import Tensors

/// A thread's slot whose test says which runs are stopped, and not how fast the machine is.
final class TestSlot: Sendable {
    private static let anHour = 3_600_000
    private let limit = Locked(anHour)
    private let watch: RunWatch
    private let slot: RunSlot

    init() {
        let limit = limit
        watch = RunWatch { limit.withLock { $0 } }
        slot = watch.makeSlot()
    }

    /// Runs what ends by itself, however long it takes.
    func run(_ model: any LoadedModel, _ inputs: [Tensor]) throws(ExecutionError) -> [Tensor?] {
        limit.withLock { $0 = Self.anHour }
        return try model.run(inputs, stop: slot.stop())
    }

    /// Runs what would never end, and has it stopped.
    func runStopped(_ model: any LoadedModel, _ inputs: [Tensor]) throws(ExecutionError) -> [Tensor?] {
        limit.withLock { $0 = 1 }
        return try model.run(inputs, stop: slot.stop())
    }

    /// What ended the last run, or could have.
    var interrupt: (any RunInterrupt)? { slot.stop().interrupt }
}
