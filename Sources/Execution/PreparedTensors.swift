import Tensors

extension [Tensor] {
    /// The same tensors as runtimes want them: with aligned bytes that are what their types ask for. No copy
    /// of what is so already.
    /// - Throws: `.outOfMemory`; `.invalidTensor` for one to which another module has written what it must
    ///   not.
    func prepared() throws(ExecutionError) -> [Tensor] {
        guard !allSatisfy({ $0.isAligned && !$0.isUnchecked }) else { return self }
        do throws(TensorError) {
            return try map { tensor throws(TensorError) in
                try tensor.isUnchecked ? tensor.snapshot() : tensor.aligned()
            }
        } catch {
            switch error {
            case .invalidBool, .stringCountMismatch: throw .invalidTensor
            default: throw .outOfMemory
            }
        }
    }
}
