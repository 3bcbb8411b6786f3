import Synchronization
import Tensors

/// The binding of a session, made when it pays, for one run at a time.
@safe
final class ONNXRuntimeBoundRuns: @unchecked Sendable {
    /// Runs in a row without a binding that fits, after which one is made: to make one costs as much as it
    /// spares in a few runs.
    private static let runsBeforeBinding = 8

    /// Whether a run uses what follows; another that comes meanwhile does without.
    private let isTaken = Atomic<Bool>(false)
    // Safety: changed and read by whoever has taken it. Checks of that by the language would cost as much as
    // they guard.
    @exclusivity(unchecked) private var binding: ONNXRuntimeBinding?
    @exclusivity(unchecked) private var unboundRunCount = 0

    /// - Parameter make: makes a binding for inputs like these; nil if none pays.
    /// - Returns: nil if it has to be run without: because nothing fits, because another run is under way, or
    ///   because it failed, for a reason that another try will tell.
    @inline(__always)
    func run(
        _ session: OpaquePointer, _ inputs: [Tensor], _ options: OpaquePointer,
        make: ([Tensor]) -> ONNXRuntimeBinding?
    ) -> [Tensor?]? {
        guard !isTaken.exchange(true, ordering: .acquiring) else { return nil }
        defer { isTaken.store(false, ordering: .releasing) }
        if let binding = unsafe binding, binding.fits(inputs) {
            unsafe unboundRunCount = 0
            if let outputs = unsafe binding.run(session, inputs, options) { return outputs }
            unsafe self.binding = nil
            return nil
        }
        unsafe unboundRunCount += 1
        guard unsafe unboundRunCount >= Self.runsBeforeBinding else { return nil }
        unsafe unboundRunCount = 0
        unsafe binding = make(inputs)
        return nil
    }

    /// Releases what there is, before the session goes.
    func end() { unsafe binding = nil }

    /// For tests, while no run is under way.
    var hasBinding: Bool { unsafe binding != nil }
}
