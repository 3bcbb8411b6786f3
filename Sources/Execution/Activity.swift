import CSignals

/// Where a thread writes down what it runs or builds, one thing at a time: for crash reports, and to be told
/// whether integers were divided by zero meanwhile.
@safe
final class Activity: @unchecked Sendable {
    private static let divisionByZero = ExecutionError.backend("integer division by zero")

    // Safety: a place of its own from a table that is never freed, given back at the end.
    private let slot: UnsafeMutablePointer<signals_slot>

    init() { unsafe slot = signals_take_slot() }

    deinit { unsafe signals_give_back_slot(slot) }

    /// Runs `body`, which costs a few plain writes beside it.
    /// - Throws: what it throws; `.backend` if it divided integers by zero, which results do not tell.
    @inline(__always)
    func during<Result>(
        _ label: ActivityLabel, of backend: BackendKind, isBuild: Bool = false,
        _ body: () throws(ExecutionError) -> Result
    ) throws(ExecutionError) -> Result {
        unsafe signals_begin(slot, label.pointer, Int32(backend.rawValue), isBuild)
        let result: Result
        do throws(ExecutionError) { result = try body() } catch {
            unsafe _ = signals_end(slot)
            throw error
        }
        guard unsafe !signals_end(slot) else { throw Self.divisionByZero }
        return result
    }
}
