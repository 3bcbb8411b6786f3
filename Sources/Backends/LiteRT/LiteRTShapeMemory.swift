import Execution
import Tensors

/// Foretells the shapes of outputs that are known only during a run, from those of earlier runs.
///
/// A wrong guess costs a second run, so what is often asked for should not be forgotten. Costs a comparison
/// with each set of shapes that is kept.
struct LiteRTShapeMemory {
    /// How many sets of inputs are remembered.
    static let capacity = 16
    /// The most elements that are believed of a file.
    private static let maximumElementCount = 1 << 24

    /// The latest last.
    private var runs: [(inputs: [TensorShape], outputs: [TensorShape])] = []

    /// - Parameter declared: what the model says of the outputs.
    /// - Returns: shapes with elements, one for each output.
    func guess(for inputs: [TensorShape], _ declared: [TensorSpecification]) -> [TensorShape] {
        if let known = runs.last(where: { $0.inputs == inputs }) { return known.outputs }
        let rows = inputs.first?.rowCount ?? 1
        guard let last = runs.last else {
            return declared.map { output in
                Self.shape((output.dimensions ?? []).enumerated().map { $1 ?? ($0 == 0 ? rows : 1) })
            }
        }
        let lastRows = last.inputs.first?.rowCount
        return last.outputs.map { output in
            var dimensions = output.dimensions
            if dimensions.first == lastRows { dimensions[0] = rows }
            return Self.shape(dimensions)
        }
    }

    /// Keeps what a run gave.
    mutating func remember(_ inputs: [TensorShape], _ outputs: [TensorShape]) {
        if let last = runs.last, last.inputs == inputs, last.outputs == outputs { return }
        runs.removeAll { $0.inputs == inputs }
        if runs.count == Self.capacity { runs.removeFirst() }
        runs.append((inputs, outputs))
    }

    /// The shape with these dimensions, or one of the same rank if that is too much to believe.
    private static func shape(_ dimensions: [Int]) -> TensorShape {
        let dimensions = dimensions.map { max($0, 1) }
        if let shape = try? TensorShape(dimensions), shape.elementCount <= maximumElementCount {
            return shape
        }
        return (try? TensorShape(dimensions.map { _ in 1 })) ?? .scalar
    }
}
