/// What an operator's inputs decide, beside their shapes, about how much work it is and how large its results
/// are.
enum WorkRule: Equatable {
    /// Nothing: sums, products, convolutions, activations, ...
    case byShapes
    /// Nothing, and the result holds shapes.
    case shape
    /// The values of these inputs: reshapes, slices, paddings, ...
    case byValues([Int])
    /// The values of all inputs from one on.
    case byValuesFrom(Int)
    /// The values of the last input.
    case byLastValue

    /// The inputs whose values decide, of so many.
    func deciding(inputCount: Int) -> [Int] {
        switch self {
        case .byShapes, .shape: []
        case .byValues(let inputs): inputs.filter { $0 < inputCount }
        case .byValuesFrom(let first): Array(min(first, inputCount)..<inputCount)
        case .byLastValue: inputCount > 0 ? [inputCount - 1] : []
        }
    }
}
