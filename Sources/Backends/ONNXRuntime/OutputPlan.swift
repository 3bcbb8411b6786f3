import Tensors

/// How to know the shape of an output before a run, so that the runtime can write into its tensor.
///
/// A model declares shapes, and it may be wrong: the plan is a guess until a run has confirmed it.
/// A class, since each run reads it and copying a struct would count references of what is in it.
final class OutputPlan: Sendable {
    /// A name that a model gives to dimensions which are equal in every run, or a number.
    enum Declared: Equatable, Sendable {
        case number(Int)
        case name(String)
        case unknown
    }

    private enum Source {
        case number(Int)
        case input(Int, axis: Int)
    }

    let type: DataType
    private let sources: [Source]
    /// The shape, if it is the same in every run.
    private let fixedShape: TensorShape?

    /// - Parameters:
    ///   - type: not strings, which are not written in place.
    ///   - dimensions: of the output.
    ///   - inputs: the dimensions of each input; nil if unknown.
    /// - Returns: nil if some dimension cannot be told from the inputs.
    init?(type: DataType, dimensions: [Declared], inputs: [[Declared]?]) {
        guard type != .string else { return nil }
        var sources: [Source] = []
        for dimension in dimensions {
            switch dimension {
            case .number(let number): sources.append(.number(number))
            case .unknown: return nil
            case .name:
                guard let source = Self.find(dimension, in: inputs) else { return nil }
                sources.append(source)
            }
        }
        self.type = type
        self.sources = sources
        let numbers = dimensions.compactMap { if case .number(let number) = $0 { number } else { nil } }
        fixedShape = numbers.count == dimensions.count ? try? TensorShape(numbers) : nil
    }

    private static func find(_ dimension: Declared, in inputs: [[Declared]?]) -> Source? {
        for (index, dimensions) in inputs.enumerated() {
            if let axis = dimensions?.firstIndex(of: dimension) { return .input(index, axis: axis) }
        }
        return nil
    }

    /// The shape of the output in a run with these inputs; nil if an input lacks the dimension.
    func shape(for inputs: [Tensor]) -> TensorShape? {
        if let fixedShape { return fixedShape }
        var shape = TensorShape.scalar
        do throws(TensorError) {
            for axis in sources.indices { try shape.append(dimension(axis, inputs)) }
            return shape
        } catch {
            // An input lacks the dimension, or the output would be too large to plan for.
            return nil
        }
    }

    /// The dimension, or -1, which no shape can have.
    @inline(__always)
    private func dimension(_ axis: Int, _ inputs: [Tensor]) -> Int {
        switch sources[axis] {
        case .number(let number): return number
        case .input(let index, let axis):
            let shape = inputs[index].shape
            return axis < shape.rank ? shape[axis] : -1
        }
    }
}
