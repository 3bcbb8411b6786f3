import Tensors

/// What a request is to a batch: with which others it can be joined, and how many rows it brings.
struct BatchMember: Sendable {
    /// The same for requests that can be joined: the same model object, inputs alike but for their rows.
    struct Kind: Hashable, Sendable {
        let model: ObjectIdentifier
        let signature: BatchSignature
    }

    let kind: Kind
    let rowCount: Int
    let policy: BatchPolicy

    /// - Parameters:
    ///   - model: alive as long as the request waits.
    ///   - longestWait: milliseconds for which a request waits for MINBATCHSIZE at most; 0 = no limit.
    /// - Returns: nil if the request runs by itself; costs nothing then for a model without BATCHSIZE.
    init?(model: ObjectIdentifier, settings: BatchSettings, inputs: [Tensor], longestWait: Int = 0) {
        guard settings.maximumSize > 0, let rowCount = TensorBatch.rowCount(of: inputs) else { return nil }
        policy = BatchPolicy(settings, longestWait: longestWait)
        guard policy.joins(rowCount: rowCount) else { return nil }
        kind = Kind(model: model, signature: BatchSignature(inputs))
        self.rowCount = rowCount
    }
}
