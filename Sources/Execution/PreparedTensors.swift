import Tensors

extension [Tensor] {
    /// The same tensors as runtimes want them: with aligned bytes that are what their types ask for. No copy
    /// of what is so already.
    /// - Throws: `.outOfMemory`; `.invalidTensor` for one to which another module has written what it must
    ///   not.
    func prepared() throws(ExecutionError) -> [Tensor] {
        // By index: a closure over the elements counts references to each.
        guard !indices.allSatisfy({ self[$0].isAligned && !self[$0].isUnchecked }) else { return self }
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
