import Tensors

extension [Tensor] {
    /// The same tensors with their bytes where runtimes want them; no copy if they are there already.
    /// - Throws: `.outOfMemory`.
    func aligned() throws(ExecutionError) -> [Tensor] {
        guard !allSatisfy(\.isAligned) else { return self }
        do throws(TensorError) {
            return try map { tensor throws(TensorError) in try tensor.aligned() }
        } catch {
            throw .outOfMemory
        }
    }
}
