/// What the inputs of two requests must share so that they can be joined into one run: their number,
/// pairwise the type, the rank, and every dimension but the first.
public struct BatchSignature: Hashable, Sendable {
    /// For each input its type, its rank and its dimensions after the first.
    private let words: [Int]

    /// Costs one allocation.
    public init(_ inputs: [Tensor]) {
        var words: [Int] = []
        words.reserveCapacity(inputs.count * 4)
        for input in inputs {
            let shape = input.shape
            words.append(Int(input.type.rawValue))
            words.append(shape.rank)
            for dimension in 1..<max(1, shape.rank) { words.append(shape[dimension]) }
        }
        self.words = words
    }
}
