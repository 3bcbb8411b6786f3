import Tensors

/// Runs of models, in order, over numbered slots that hold tensors. Each slot is written once.
///
/// A single execution is a plan of one step.
public struct ExecutionPlan: Sendable {
    /// One run of one model.
    public struct Step: Sendable {
        public let model: Model
        /// Slots that it reads, one per input.
        public let inputs: [Int]
        /// Slots that it fills, one per output.
        public let outputs: Range<Int>
    }

    public private(set) var steps: [Step] = []
    /// What the slots hold before the first step; nil where a step puts something.
    public private(set) var tensors: [Tensor?]

    /// - Parameter tensors: fill the first slots, in order.
    public init(tensors: [Tensor]) { self.tensors = tensors }

    /// Adds a run behind those there are.
    ///
    /// - Parameter inputs: slots that are filled at the start or by earlier steps.
    /// - Returns: the slots of its outputs.
    @discardableResult
    public mutating func addStep(_ model: Model, inputs: [Int], outputCount: Int) -> Range<Int> {
        let outputs = tensors.count..<tensors.count + outputCount
        for _ in 0..<outputCount { tensors.append(nil) }
        steps.append(Step(model: model, inputs: inputs, outputs: outputs))
        return outputs
    }
}

/// How one step ended.
public enum StepResult: Sendable {
    case ran
    case failed(ExecutionError)
    /// An earlier step failed, or nobody waits for the plan any more.
    case notRun
}

/// How a plan ended.
public struct PlanOutcome: Sendable {
    /// The slots; nil where nothing was put, or something that is not a tensor.
    public var tensors: [Tensor?]
    /// One per step.
    public var results: [StepResult]

    /// Why the first failing step failed; nil if none did.
    public var firstError: ExecutionError? {
        for case .failed(let error) in results { return error }
        return nil
    }
}
